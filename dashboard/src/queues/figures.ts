import type { ConsumerFiguresFragment, QueueFiguresFragment } from '../generated/operations.ts'

export type QueueFigures = QueueFiguresFragment
export type ConsumerFigures = ConsumerFiguresFragment

/** From this on, a consumer is worth a look. Seconds. */
const BEHIND = 60

export function slowestOf({ consumers }: QueueFigures): ConsumerFigures | undefined {
  const behind = (consumer: ConsumerFigures) => consumer.oldestPendingSeconds ?? 0
  return consumers.nodes.reduce<ConsumerFigures | undefined>(
    (slowest, consumer) => (!slowest || behind(consumer) > behind(slowest) ? consumer : slowest),
    undefined,
  )
}

export function pendingOf({ consumers }: QueueFigures): number {
  return Math.max(0, ...consumers.nodes.map(({ pendingEvents }) => Number(pendingEvents ?? 0)))
}

type Blocker = NonNullable<QueueFigures['rotationBlocker']>

/** Returns what keeps a queue from rotating; null also where its next tick will do. */
export function blockerOf({ rotationBlocker }: QueueFigures): Blocker | null {
  return rotationBlocker?.kind === 'NO_TICK' ? null : rotationBlocker
}

export type Concern = { queue: string; weight: number } & (
  | { kind: 'rotation'; blocker: Blocker }
  | { kind: 'behind'; consumer: ConsumerFigures }
  | { kind: 'overdue'; seconds: number }
  | { kind: 'paused' }
  | { kind: 'dead'; count: string }
)

/** Finds what keeps queues from being drained, the worst first. */
export function findConcerns(queues: Iterable<QueueFigures>): Concern[] {
  return [...queues].flatMap(concernsOf).sort((a, b) => b.weight - a.weight)
}

function concernsOf(figures: QueueFigures): Concern[] {
  const { name: queue, tickOverdueSeconds, tickerPaused, deadLetterCount: count } = figures
  const blocker = blockerOf(figures)
  const concerns: Concern[] = []
  if (blocker) {
    const held = Number(blocker.consumer?.pendingEvents ?? 0)
    concerns.push({ kind: 'rotation', queue, weight: 1e9 + held, blocker })
  }
  if (tickOverdueSeconds !== null && tickOverdueSeconds > 5)
    concerns.push({ kind: 'overdue', queue, weight: 1e8 + tickOverdueSeconds, seconds: tickOverdueSeconds })
  if (tickerPaused) concerns.push({ kind: 'paused', queue, weight: 1 })
  if (count !== '0') concerns.push({ kind: 'dead', queue, weight: 0, count })
  for (const consumer of figures.consumers.nodes) {
    const behind = consumer.oldestPendingSeconds ?? 0
    if (behind >= BEHIND && consumer.name !== blocker?.consumer?.name)
      concerns.push({ kind: 'behind', queue, weight: behind, consumer })
  }
  return concerns
}

/** Says why a consumer does not go on. */
export function standing(consumer: Pick<ConsumerFigures, 'openBatchSeconds' | 'lastSeenSeconds'>) {
  return consumer.openBatchSeconds === null
    ? { words: 'was last seen', seconds: consumer.lastSeenSeconds, after: ' ago' }
    : { words: 'has had a batch open for', seconds: consumer.openBatchSeconds, after: '' }
}
