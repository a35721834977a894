import { checkNumber } from '../check-number.ts'
import type { Event } from '../event.ts'
import { InvalidPayloadError } from '../event-types/invalid-payload.ts'
import { isPromise } from '../promise.ts'
import type { Tracing } from '../tracing.ts'
import type { BatchWork } from './consume.ts'
import { toReason } from './dead-letter-reason.ts'
import { type EventConsumeOptions, type EventHandlers, handlerOf } from './event-handlers.ts'
import { EventScope } from './event-scope.ts'
import { EventSettlement } from './event-settlement.ts'
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
  tracing: Tracing | undefined,
): BatchWork {
  const { orderBy, onProblem = printProblem } = options
  const handlerFor = handlerOf(handlers, registeredTypes)
  const policy = retryPolicy(options.retries)
  const concurrency = checkNumber('concurrency', options.concurrency ?? 1, 1)

  const work: BatchWork['work'] = async (batch, stopping) => {
    const report = (event: Event, error: unknown, afterSeconds: number | null) => {
      const { eventId, retry } = event
      onProblem({
        kind: 'event',
        error,
        batchId: batch.batchId,
        eventId,
        tries: (retry ?? 0) + 1,
        afterSeconds,
      })
    }

    const giveUp = (event: Event, error: unknown) => {
      batch.fail(event, toReason(error))
      report(event, error, null)
    }

    const failEvent = (event: Event, error: unknown) => {
      // Nothing of this attempt will be settled.
      if (batch.signal.aborted) return
      const verdict = error instanceof InvalidPayloadError ? 'give up' : policy((event.retry ?? 0) + 1)
      const afterSeconds = verdict === 'give up' ? null : verdict.afterSeconds
      if (afterSeconds === null) return giveUp(event, error)
      batch.retry(event, afterSeconds)
      report(event, error, afterSeconds)
    }

    const putBack = (event: Event, error: unknown) => {
      batch.retry(event, 0)
      report(event, error, 0)
    }

    const settlement = new EventSettlement({ batch, failEvent, putBack, giveUp })

    const workOn = async (event: Event) => {
      const scope = new EventScope(batch)
      try {
        const handle = () => handlerFor(event)(event, scope)
        const returned = tracing ? tracing.processEvent(batch, event, handle) : handle()
        const outcome = toOutcome(isPromise(returned) ? await returned : returned)
        if (outcome?.outcome === 'retry') batch.retry(event, outcome.afterSeconds)
        if (outcome?.outcome === 'fail') batch.fail(event, outcome.reason && toReason(outcome.reason))
        settlement.publish(event, scope.followUps)
      } catch (error) {
        failEvent(event, error)
      } finally {
        scope.close()
      }
    }

    const keys = orderBy && keysOf(batch.events, orderBy, failEvent)
    const left = await workByKey(keys ? [...keys.keys()] : batch.events, {
      concurrency,
      keyOf: keys && ((event) => keys.get(event)),
      mayBegin: () => !batch.signal.aborted && (orderBy !== undefined || !stopping.aborted),
      work: workOn,
    })
    for (const event of left) batch.retry(event, 0)
    settlement.collect()
    return (error, isLastTry) => settlement.amend(error, isLastTry)
  }
  return { work, policy }
}

/** Gives the key of each event; events for which `orderBy` throws are given to `onError` instead. */
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
