import type { Event } from '../event.ts'
import { isPromise } from '../promise.ts'

/** An event of a registered type does not hold what its type promises: it is not JSON, or `check` refuses it. */
export class InvalidPayloadError extends Error {
  override readonly name = 'InvalidPayloadError'
}

export type Check = (event: Event) => unknown

/**
 * Says why the handler of its type cannot be given this event; undefined where it can. It is a promise only when
 * `check` gives one.
 */
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

/** True for a payload that is JSON, also for the text null. */
function isJson({ json, data }: Event): boolean {
  return json !== null || (data !== null && /^[ \t\n\r]*null[ \t\n\r]*$/.test(data))
}
