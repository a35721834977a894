import type { Access, Place } from '../access/access.ts'
import type { Verb } from '../access/grant.ts'
import { Pattern } from '../access/pattern.ts'
import type { Caller } from '../caller.ts'
import { PgqError } from '../errors.ts'

/** What a caller must be granted for a place: one of these verbs, or where there are none, anything in it. */
export interface Need {
  verbs: readonly Verb[]
  place: Place
  /** Whether the operation creates what it names, so that no answer says that there is no such thing. */
  creates?: boolean | undefined
}

/**
 * Refuses what a caller may not do. What it may not even see answers as what is not there: the names alone decide, before
 * anything is looked up, so that neither words nor time tell whether there is such a thing.
 *
 * @throws PgqError `QUEUE_NOT_FOUND`, `CONSUMER_NOT_FOUND`; `FORBIDDEN` for what it may see.
 */
export function requireGrant({ access }: Pick<Caller, 'access'>, need: Need): void {
  const { verbs, place } = need
  if (!(verbs.length === 0 ? access.shows(place) : access.allows(verbs, place))) throw refusalOf(access, need)
}

/** Refuses callers who may not do everything everywhere. @throws PgqError `FORBIDDEN` */
export function requireEverything({ access }: Pick<Caller, 'access'>): void {
  if (!access.isEverything) throw new PgqError('FORBIDDEN', 'This needs the grant admin, for all databases')
}

/** Refuses to say where a log ends, except to callers who may read some of it: their `tail` begins there. */
export function requireCursor(
  caller: Pick<Caller, 'access'>,
  place: { database: string; queue: string },
): void {
  if (caller.access.filtersOf(place)?.length === 0) requireGrant(caller, { verbs: ['stats'], place })
}

function refusalOf(access: Access, { verbs, place, creates = false }: Need): PgqError {
  const { database, queue, consumer } = place
  if (!creates && queue !== undefined) {
    if (!access.shows({ database, queue })) return queueNotFound(queue)
    if (consumer !== undefined && !access.shows(place)) return consumerNotFound(queue, consumer)
  }
  const path = [database, queue, consumer]
    .filter((part) => part !== undefined)
    .map((part) => new Pattern([part]))
  const grants = verbs.map((verb) => `${verb}:${path.join('/')}`).join(' or ')
  return new PgqError('FORBIDDEN', `This needs the grant ${shorten(grants, 300)}`)
}

/**
 * Makes the SQL condition that a row's `queue_name` and `consumer_name` are within a `ConsumerScope`, whose patterns are two
 * parameters, null for all.
 */
export function isWithinScope(parameter: number): string {
  return `($${parameter}::text[] is null or exists (
        select from unnest($${parameter}::text[], $${parameter + 1}::text[]) as scope (queue, consumer)
         where queue_name like scope.queue and consumer_name like scope.consumer))`
}

/** Makes the error for a queue that is not there; SQL says it in the same words. */
export function queueNotFound(name: string, field = 'queue'): PgqError {
  return new PgqError('QUEUE_NOT_FOUND', `Queue ${shown(name)} does not exist; create it with createQueue`, {
    field,
  })
}

/** Makes the error for a consumer that is not there; SQL says it in the same words. */
export function consumerNotFound(queue: string, name: string): PgqError {
  const message = `Consumer ${shown(name)} is not registered on queue ${shown(queue)}; use registerConsumer`
  return new PgqError('CONSUMER_NOT_FOUND', message, { field: 'consumer' })
}

function shown(name: string): string {
  // SQL counts characters, not the units of UTF-16.
  return `"${shorten(name, 100)}"`
}

function shorten(text: string, length: number): string {
  const characters = text.length > length ? [...text] : []
  return characters.length > length ? `${characters.slice(0, length).join('')}...` : text
}
