import { useMemo } from 'react'
import { useAnswer, useLive } from '../api/hooks.ts'
import {
  RecentTicksDocument,
  type RecentTicksQuery,
  TicksLiveDocument,
  type TicksLiveSubscription,
} from '../generated/operations.ts'
import type { QueueFigures } from '../queues/figures.ts'
import { Chart, type Series } from '../ui/chart.tsx'
import { duration, exact, rate } from '../ui/format.ts'
import { classes, Empty, Loaded, Section, Time } from '../ui/ui.tsx'
import { useSamples } from './use-samples.ts'

type TickRow = NonNullable<RecentTicksQuery['queue']>['ticks']['nodes'][number]

/** As many ticks as one request reads. */
const CHARTED = 1_000
const LISTED = 12
const HOUR = 3_600

/** The rate of events by the ticks, and from then on as it is pushed. */
export function RateChart(props: {
  database: string
  queue: string
  figures: QueueFigures | undefined
  mayRead: boolean
}) {
  const { database, queue, figures, mayRead } = props
  const { data } = useAnswer(RecentTicksDocument, { database, queue, last: CHARTED }, !mayRead)
  const past = useMemo(() => ratesOf(data?.queue?.ticks.nodes ?? []), [data])
  const samples = useSamples(figures, (now) => now.currentEventsPerSecond)
  const slowest = useSamples(figures, (now) =>
    Math.max(0, ...now.consumers.nodes.map(({ oldestPendingSeconds }) => oldestPendingSeconds ?? 0)),
  )
  const end = past.times.at(-1) ?? 0
  const series = {
    times: [...past.times, ...samples.times.map((time) => end + time + 1)],
    values: [...past.values, ...samples.values],
  }
  return (
    <div className={classes.charts}>
      <Chart label="Events per second" series={series} format={rate} />
      <Chart label="Slowest consumer behind" series={slowest} format={duration} />
    </div>
  )
}

/** Makes rates over equal spans of the last hour from ticks, which come as events do. */
function ratesOf(ticks: readonly TickRow[]): Series {
  const points = ticks.map(({ time, eventSeq }) => ({ at: Date.parse(time) / 1000, seq: Number(eventSeq) }))
  const last = points.at(-1)
  if (!last) return { times: [], values: [] }
  const recent = points.filter(({ at }) => at >= last.at - HOUR)
  const span = Math.max((last.at - (recent[0]?.at ?? last.at)) / 240, 1)
  const times: number[] = []
  const values: number[] = []
  let from = recent[0] ?? last
  for (const point of recent) {
    const seconds = point.at - from.at
    if (seconds < span) continue
    times.push(point.at)
    values.push(Math.max(0, point.seq - from.seq) / seconds)
    from = point
  }
  return { times, values }
}

/** The log as its newest ticks cut it. */
export function RecentTicks({ database, queue }: { database: string; queue: string }) {
  const answer = useAnswer(RecentTicksDocument, { database, queue, last: LISTED + 1 })
  const { data: seen = [] } = useLive(TicksLiveDocument, { database, queue }, { gather: addTick })
  return (
    <Section title="Newest ticks">
      <Loaded answer={answer}>
        {({ queue: found }) => {
          const byId = new Map([...(found?.ticks.nodes ?? []), ...seen].map((tick) => [tick.tickId, tick]))
          const ticks = [...byId.values()].slice(-LISTED - 1)
          return ticks.length < 2 ? <Empty title="There are no ticks yet" /> : <Ticks ticks={ticks} />
        }}
      </Loaded>
    </Section>
  )
}

function addTick(
  before: readonly TickRow[] | undefined,
  { ticks }: TicksLiveSubscription,
): readonly TickRow[] {
  const newer = ticks.__typename === 'Tick' ? [ticks] : []
  return [...(before ?? []), ...newer].slice(-LISTED - 1)
}

function Ticks({ ticks }: { ticks: readonly TickRow[] }) {
  return (
    <table className={classes.table}>
      <thead>
        <tr>
          <th scope="col">Tick</th>
          <th scope="col">Time</th>
          <th scope="col">Events since the one before, about</th>
        </tr>
      </thead>
      <tbody>
        {ticks
          .slice(1)
          .map(({ tickId, time, eventSeq }, index) => (
            <tr key={tickId}>
              <th scope="row">{exact(tickId)}</th>
              <td>
                <Time at={time} />
              </td>
              <td>{exact(String(BigInt(eventSeq) - BigInt(ticks[index]?.eventSeq ?? eventSeq)))}</td>
            </tr>
          ))
          .reverse()}
      </tbody>
    </table>
  )
}
