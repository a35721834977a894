import { checkNumber } from '../check-number.ts'
import { PgqClientError } from '../errors.ts'
import type { Event } from '../event.ts'
import { InvalidPayloadError } from '../event-types/invalid-payload.ts'
import { isPromise } from '../promise.ts'
import type { BatchWork } from './consume.ts'
import { toReason } from './dead-letter-reason.ts'
import { type EventConsumeOptions, type EventHandlers, handlerOf } from './event-handlers.ts'
import { EventScope, type FollowUp } from './event-scope.ts'
import { workByKey } from './keyed-concurrency.ts'
import { toOutcome } from './outcome.ts'
import { printProblem } from './problem.ts'
import { retryPolicy } from './retry-policy.ts'

/**
 * Works on a batch event by event. After a stop, the events that were begun are finished, and the others are put back with
 * a retry after 0 seconds, so that another worker has them at once. With `orderBy` that would change their order: then the
 * batch is worked on to its end.
 *
 * @throws TypeError for handlers that make no sense, PgqClientError `BAD_INPUT` for such options.
 */
export function workOnEvents(
  options: EventConsumeOptions,
  handlers: EventHandlers,
  registeredTypes: ReadonlySet<string>,
): BatchWork {
  const { orderBy, onProblem = printProblem } = options
  const handlerFor = handlerOf(handlers, registeredTypes)
  const policy = retryPolicy(options.retries)
  const concurrency = checkNumber('concurrency', options.concurrency ?? 1, 1)

  return async (batch, stopping) => {
    const followUps = new Map<Event, FollowUp[]>()

    const settleFailed = (event: Event, error: unknown) => {
      // Nothing of this attempt will be settled.
      if (batch.signal.aborted) return
      const tries = (event.retry ?? 0) + 1
      const verdict = error instanceof InvalidPayloadError ? 'give up' : policy(tries)
      const afterSeconds = verdict === 'give up' ? null : verdict.afterSeconds
      if (afterSeconds === null) batch.fail(event, toReason(error))
      else batch.retry(event, afterSeconds)
      const { eventId } = event
      onProblem({ kind: 'event', error, batchId: batch.batchId, eventId, tries, afterSeconds })
    }

    const work = async (event: Event) => {
      const scope = new EventScope(batch)
      try {
        const returned = handlerFor(event)(event, scope)
        const outcome = toOutcome(isPromise(returned) ? await returned : returned)
        if (outcome?.outcome === 'retry') batch.retry(event, outcome.afterSeconds)
        if (outcome?.outcome === 'fail') batch.fail(event, outcome.reason && toReason(outcome.reason))
        if (scope.followUps.length > 0) followUps.set(event, scope.followUps)
      } catch (error) {
        settleFailed(event, error)
      } finally {
        scope.close()
      }
    }

    const keys = orderBy && keysOf(batch.events, orderBy, settleFailed)
    const left = await workByKey(keys ? [...keys.keys()] : batch.events, {
      concurrency,
      keyOf: keys && ((event) => keys.get(event)),
      mayBegin: () => !batch.signal.aborted && (orderBy !== undefined || !stopping.aborted),
      work,
    })
    for (const event of left) batch.retry(event, 0)
    if (followUps.size === 0) return undefined

    /** The event that each follow-up is of. */
    let owners: Event[] = []
    const publishAll = () => {
      batch.dropPublished()
      owners = []
      // In the order of the events, whichever was done first.
      for (const event of batch.events) {
        for (const { queue, events } of followUps.get(event) ?? []) {
          batch.publish(queue, events)
          for (const _ of events) owners.push(event)
        }
      }
    }
    publishAll()
    // One event whose follow-up is refused must not hold up the batch: it fails by itself, as if its handler had thrown.
    return (error) => {
      const owner = owners[indexOfRefused(error) ?? -1]
      if (!owner) return false
      followUps.delete(owner)
      settleFailed(owner, error)
      publishAll()
      return true
    }
  }
}

/** Of the follow-up that the server found at fault, where it says so. */
function indexOfRefused(error: unknown): number | undefined {
  const field = error instanceof PgqClientError ? error.field : undefined
  const [, index] = /\bpublish\[(\d+)\]/.exec(field ?? '') ?? []
  return index === undefined ? undefined : Number(index)
}

/** Those for which there is no key are given to `onError` instead. */
function keysOf(
  events: readonly Event[],
  orderBy: (event: Event) => unknown,
  onError: (event: Event, error: unknown) => void,
): Map<Event, unknown> {
  const keys = new Map<Event, unknown>()
  for (const event of events) {
    try {
      keys.set(event, orderBy(event))
    } catch (error) {
      onError(event, error)
    }
  }
  return keys
}
