import type { ConsumerRow } from '../../resolvers/consumers/consumers.ts'
import type { Context } from '../../resolvers/context.ts'
import type { QueueRow } from '../../resolvers/queues/queues.ts'
import type { LiveView } from '../live-view.ts'
import type { Stream } from '../stream.ts'
import type { StatsSample } from './stats-samplers.ts'

/**
 * Gives samples of all queues and consumers, taken once per interval for all subscribers.
 *
 * @throws PgqError `BAD_INPUT` for an interval out of range.
 */
export function stats(view: LiveView, { intervalSeconds }: { intervalSeconds: number }): Stream<StatsSample> {
  return view.live.streams.add(view.live.samplers.every(intervalSeconds).watch())
}

/** Finds the queues of a sample that the caller may see; all, or those of these names. */
export function queuesSeen(
  { caller: { access } }: Context,
  { queues }: StatsSample,
  names: readonly string[] | null | undefined,
): QueueRow[] {
  const wanted = names ? queues.filter(({ name }) => names.includes(name)) : queues
  if (access.isEverything) return wanted
  return wanted.filter(({ database, name }) => access.shows({ database, queue: name }))
}

/** Finds the consumers of a sample that the caller may see; all, or those of one queue. */
export function consumersSeen(
  { caller: { access } }: Context,
  { consumers }: StatsSample,
  queue: string | null | undefined,
): ConsumerRow[] {
  const wanted = queue == null ? consumers : consumers.filter(({ queueName }) => queueName === queue)
  if (access.isEverything) return wanted
  return wanted.filter(({ database, queueName, name }) =>
    access.shows({ database, queue: queueName, consumer: name }),
  )
}
