import { useMemo } from 'react'
import { useAnswer } from '../api/hooks.ts'
import { QueueHistoryDocument, type QueueHistoryQuery } from '../generated/operations.ts'
import { type QueueFigures, slowestOf } from '../queues/figures.ts'
import { Chart, type Series } from '../ui/chart.tsx'
import { duration, rate } from '../ui/format.ts'
import { classes } from '../ui/ui.tsx'
import { useTimeline } from '../ui/use-timeline.ts'

type History = NonNullable<QueueHistoryQuery['queue']>

/** The last hour of a queue, which goes on as figures are pushed. */
export function QueueCharts(props: { database: string; queue: string; figures: QueueFigures | undefined }) {
  const { database, queue, figures } = props
  const { data } = useAnswer(QueueHistoryDocument, { database, queue })
  const past = useMemo(
    () => data?.queue && { rates: ratesOf(data.queue), behind: behindOf(data.queue) },
    [data],
  )
  const rates = useTimeline(past?.rates, figures, (now) => now.currentEventsPerSecond)
  const behind = useTimeline(past?.behind, figures, (now) => slowestOf(now)?.oldestPendingSeconds ?? 0)
  return (
    <div className={classes.charts}>
      <Chart label="Events per second" series={rates} format={rate} />
      <Chart label="Slowest consumer behind" series={behind} format={duration} />
    </div>
  )
}

/** Dates each span by its end, which for the last one is now. */
function ratesOf({ history }: History): Series {
  return {
    times: history.map(({ time, seconds }) => Date.parse(time) / 1000 + seconds),
    values: history.map(({ eventsPerSecond }) => eventsPerSecond),
  }
}

/** Takes the worst of all consumers, which the gateway samples together. */
function behindOf({ consumers }: History): Series {
  const worst = new Map<string, number>()
  for (const { time, oldestPendingSeconds } of consumers.nodes.flatMap(({ history }) => history))
    worst.set(time, Math.max(worst.get(time) ?? 0, oldestPendingSeconds ?? 0))
  const times = [...worst.keys()].sort()
  return {
    times: times.map((time) => Date.parse(time) / 1000),
    values: times.map((time) => worst.get(time) ?? 0),
  }
}
