import { useAnswer, useLive } from '../api/hooks.ts'
import {
  RecentTicksDocument,
  type RecentTicksQuery,
  TicksLiveDocument,
  type TicksLiveSubscription,
} from '../generated/operations.ts'
import { exact } from '../ui/format.ts'
import { classes, Empty, Loaded, Section, Time } from '../ui/ui.tsx'

type TickRow = NonNullable<RecentTicksQuery['queue']>['ticks']['nodes'][number]

const LISTED = 12

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
