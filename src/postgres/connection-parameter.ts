/** Reports a connection string that cannot be used. The message names the part at fault, never a password. */
export class ConnectionStringError extends Error {
  override readonly name = 'ConnectionStringError'
}

/** A parameter of a connection, as it was found. */
export interface Found {
  /** Undefined where it is said nowhere. */
  value: string | undefined
  /** Name of the parameter or of the variable. */
  source: string
}

/** Returns the number, or undefined for none. @throws ConnectionStringError for what is no whole number up to `maximum`. */
export function wholeNumber({ value, source }: Found, maximum: number): number | undefined {
  if (!value) return undefined
  if (/^\d+$/.test(value) && Number(value) <= maximum) return Number(value)
  throw new ConnectionStringError(
    `${source} ${JSON.stringify(value)}: must be a whole number up to ${maximum}`,
  )
}

/** Returns one of the words, or undefined for none. @throws ConnectionStringError for any other. */
export function oneOf<const Words extends readonly string[]>(
  { value, source }: Found,
  words: Words,
): Words[number] | undefined {
  if (!value) return undefined
  if (words.includes(value)) return value
  throw new ConnectionStringError(`${source} ${JSON.stringify(value)}: must be one of ${words.join(', ')}`)
}
