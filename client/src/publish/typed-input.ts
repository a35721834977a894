import { PgqClientError } from '../errors.ts'
import type { EventExtras } from '../event-types/event-types.ts'
import type { EventInput } from '../generated/operations.ts'

/** The event of `publish(type, payload)`. @throws PgqClientError `BAD_INPUT` for undefined, which would leave `json` out. */
export function typedInput(type: string, json: unknown, extras: EventExtras = {}): EventInput {
  if (json === undefined) throw new PgqClientError('BAD_INPUT', 'The payload is not JSON', { field: 'json' })
  const { extra1, extra2, extra3, extra4 } = extras
  return { type, json, extra1, extra2, extra3, extra4 }
}
