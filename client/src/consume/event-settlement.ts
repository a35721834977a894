import { hasCode, PgqClientError } from '../errors.ts'
import type { Event } from '../event.ts'
import type { BatchAttempt } from './batch.ts'
import type { FollowUp } from './event-scope.ts'
import { listAtLimit } from './settlement-parts.ts'
import { jsonBytes, USUAL_MAX_BYTES, USUAL_MAX_ENTRIES } from './settlement-size.ts'

export interface EventSettlementOptions {
  batch: BatchAttempt
  /** Retries an event, or gives it up, as if its handler had thrown. */
  failEvent: (event: Event, error: unknown) => void
  /** Has an event delivered again at once: it is not at fault. */
  putBack: (event: Event, error: unknown) => void
  /** Makes a dead letter of an event. */
  giveUp: (event: Event, error: unknown) => void
}

/** Reasons are cut to this length when the request is too large. UTF-16 units. */
const SHORT_REASON_LENGTH = 100

/**
 * Settles a batch whose events were worked on one by one. When the server refuses it, also in parts, as much of it is
 * settled as goes: the events that are left out are delivered again, without what they published. All of it is one
 * transaction still, so that nothing of a batch is visible before the batch is closed.
 */
export class EventSettlement {
  readonly #batch: BatchAttempt
  readonly #failEvent: EventSettlementOptions['failEvent']
  readonly #putBack: EventSettlementOptions['putBack']
  readonly #giveUp: EventSettlementOptions['giveUp']
  readonly #followUps = new Map<Event, readonly FollowUp[]>()
  /** The event of each follow-up, in the order in which they are sent. */
  #owners: Event[] = []
  #hasMadeDeadLetters = false

  constructor({ batch, failEvent, putBack, giveUp }: EventSettlementOptions) {
    this.#batch = batch
    this.#failEvent = failEvent
    this.#putBack = putBack
    this.#giveUp = giveUp
  }

  publish(event: Event, followUps: readonly FollowUp[]): void {
    if (followUps.length > 0) this.#followUps.set(event, followUps)
  }

  /** Hands the follow-ups to the batch, in the order of the events, whichever was done first. */
  collect(): void {
    this.#batch.dropPublished()
    this.#owners = []
    for (const event of this.#batch.events) {
      for (const { queue, events } of this.#followUps.get(event) ?? []) {
        this.#batch.publish(queue, events)
        for (const _ of events) this.#owners.push(event)
      }
    }
  }

  /**
   * Changes what is settled after a refusal. Each change leaves less of what was refused, so that it ends.
   *
   * @param isLastTry The batch will not be worked on again: retries that do not fit become dead letters.
   * @returns False when it cannot be settled by leaving events out.
   */
  amend(error: unknown, isLastTry: boolean): boolean {
    const isAmended = this.#amend(error, isLastTry)
    if (isAmended) this.collect()
    return isAmended
  }

  #amend(error: unknown, isLastTry: boolean): boolean {
    // An event whose follow-up is refused must not hold up the batch: it fails by itself.
    const owner = this.#owners[indexOfRefused(error) ?? -1]
    if (owner) {
      this.#leaveOut(owner, error, this.#failEvent)
      return true
    }
    if (!hasCode(error, 'LIMIT_EXCEEDED')) return false
    const list = listAtLimit(error)
    if (list === 'publish') return this.#publishLess('entries', USUAL_MAX_ENTRIES, error)
    if (list === 'failures') return this.#failLess()
    if (list === 'retries') return isLastTry && this.#retryLess(error)
    const outcomeBytes = this.#batch.outcomeBytes()
    const shorten = () => this.#batch.shortenReasons(SHORT_REASON_LENGTH)
    if (outcomeBytes > USUAL_MAX_BYTES / 4 && shorten()) return true
    // All parts together were too large: half may do.
    const max = error.field === 'part' ? 0 : USUAL_MAX_BYTES - outcomeBytes
    return this.#publishLess('bytes', max, error) || shorten()
  }

  /** Leaves out events with more follow-ups than fit at all, then those past what fits together. */
  #publishLess(unit: 'entries' | 'bytes', usualMax: number, error: PgqClientError): boolean {
    const sizes = this.#batch.events
      .map((event) => [event, sizeIn(unit, this.#followUps.get(event) ?? [])] as const)
      .filter(([, size]) => size > 0)
    if (sizes.length === 0) return false
    const total = sizes.reduce((sum, [, size]) => sum + size, 0)
    const max = reducedFrom(total, usualMax)
    let kept = 0
    for (const [event, size] of sizes) {
      if (size > max) {
        const tooLarge = tooMuch(`The follow-ups of this event alone have ${size} ${unit}`, error)
        this.#leaveOut(event, tooLarge, this.#failEvent)
      } else if (kept + size > max) {
        const crowded = tooMuch(`The follow-ups of this batch have ${total} ${unit} together`, error)
        this.#leaveOut(event, crowded, this.#putBack)
      } else kept += size
    }
    return true
  }

  /** Puts back dead letters that do not fit: their handlers give them up again, in a later batch. */
  #failLess(): boolean {
    // Those that were retries did not fit there.
    if (this.#hasMadeDeadLetters) return false
    const failed = this.#batch.failed
    for (const eventId of failed.slice(reducedFrom(failed.length, USUAL_MAX_ENTRIES))) {
      this.#batch.retry({ eventId }, 0)
    }
    return true
  }

  #retryLess(cause: PgqClientError): boolean {
    this.#hasMadeDeadLetters = true
    const retried = this.#batch.retried
    const left = new Set(retried.slice(reducedFrom(retried.length, USUAL_MAX_ENTRIES)))
    const message = `The batch has ${retried.length} retries, and the server does not take as many`
    const error = new PgqClientError('LIMIT_EXCEEDED', message, { cause })
    for (const event of this.#batch.events) if (left.has(event.eventId)) this.#giveUp(event, error)
    return true
  }

  #leaveOut(event: Event, error: unknown, how: (event: Event, error: unknown) => void): void {
    this.#followUps.delete(event)
    how(event, error)
  }
}

/** Gives the index of the follow-up that the server found at fault, where it says so. */
function indexOfRefused(error: unknown): number | undefined {
  const field = error instanceof PgqClientError ? error.field : undefined
  const [, index] = /\bpublish\[(\d+)\]/.exec(field ?? '') ?? []
  return index === undefined ? undefined : Number(index)
}

/** Gives what to try next: the usual limit, or half where that was refused too. */
function reducedFrom(refused: number, usualMax: number): number {
  return refused > usualMax && usualMax > 0 ? usualMax : Math.floor(refused / 2)
}

function sizeIn(unit: 'entries' | 'bytes', followUps: readonly FollowUp[]): number {
  let size = 0
  for (const { queue, events } of followUps) {
    for (const event of events) size += unit === 'entries' ? 1 : jsonBytes({ ...event, queue }) + 1
  }
  return size
}

function tooMuch(what: string, cause: PgqClientError): PgqClientError {
  const advice =
    'Publish fewer or smaller events for one event, or raise maxRequestBytes or maxEventsPerRequest of the server'
  return new PgqClientError('LIMIT_EXCEEDED', `${what}, more than the server takes. ${advice}`, { cause })
}
