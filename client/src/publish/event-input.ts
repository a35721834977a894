import { PgqClientError } from '../errors.ts'
import type { EventExtras } from '../event-types/event-types.ts'
import type { EventInput } from '../generated/operations.ts'
import { jsonText } from '../transport/json-text.ts'

/** Makes the event of `publish(type, payload)`. @throws PgqClientError `BAD_INPUT` for undefined, which would leave `json` out. */
export function typedInput(type: string, json: unknown, extras: EventExtras = {}): EventInput {
  if (json === undefined) throw new PgqClientError('BAD_INPUT', 'The payload is not JSON', { field: 'json' })
  const { extra1, extra2, extra3, extra4 } = extras
  return { type, json, extra1, extra2, extra3, extra4 }
}

/** @throws PgqClientError `BAD_INPUT` for a payload that has no JSON. */
export function checkPayload({ json }: EventInput, path = ''): void {
  if (json !== undefined) jsonText(json, `${path}json`)
}

/**
 * Copies an event with `json` as the text that it will be stored as. Faults that the server tells of are left in.
 *
 * @throws PgqClientError `BAD_INPUT` for a payload that has no JSON.
 */
export function storedInput({ json, ...event }: EventInput, path = ''): EventInput {
  if (json === undefined) return event
  const data = jsonText(json, `${path}json`)
  return event.data == null ? { ...event, data } : { ...event, json: null }
}
