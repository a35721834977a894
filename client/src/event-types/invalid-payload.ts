import type { Event } from '../event.ts'
import { isPromise } from '../promise.ts'

/** An event of a registered type does not hold what its type promises: no JSON, or what `check` refuses. */
export class InvalidPayloadError extends Error {
  override readonly name = 'InvalidPayloadError'
}

export type Check = (event: Event) => unknown

/** Why the handler of its type cannot be given this event; undefined where it can. A promise only when `check` gives one. */
export function invalidity(
  event: Event,
  check: Check | undefined,
): InvalidPayloadError | undefined | Promise<InvalidPayloadError | undefined> {
  const payload = `The payload of this event of type ${JSON.stringify(event.type)}`
  if (!isJson(event)) return new InvalidPayloadError(`${payload} is not JSON`)
  const refused = (cause: unknown) => {
    const reason = cause instanceof Error ? cause.message : String(cause)
    return new InvalidPayloadError(`${payload} is refused: ${reason}`, { cause })
  }
  try {
    const checked = check?.(event)
    return isPromise(checked) ? Promise.resolve(checked).then(() => undefined, refused) : undefined
  } catch (error) {
    return refused(error)
  }
}

/** The JSON text null is one too. */
function isJson({ json, data }: Event): boolean {
  return json !== null || (data !== null && /^[ \t\n\r]*null[ \t\n\r]*$/.test(data))
}
