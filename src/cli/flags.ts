import { ConfigError } from '../config/config-error.ts'
import { parseSeconds } from '../duration.ts'

/** Flags that a command was given, by their names. */
export type Flags = Readonly<Record<string, unknown>>

/** Gathers the values of a flag that may be repeated. */
export function collect(value: string, before: string[] = []): string[] {
  return [...before, value]
}

export function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined
}

export function listOf(value: unknown): readonly string[] {
  return (value ?? []) as string[]
}

/** Reads a positive whole number. @throws ConfigError */
export function countOfFlag(given: Flags, name: string): number | undefined {
  const text = textOf(given[name])
  if (text === undefined) return undefined
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text)
  throw new ConfigError(`--${name} "${text}": must be a whole number from 1 to 999999999.`)
}

/** Reads a time: a moment, or how long ago it was. @returns It in the API's form. @throws ConfigError */
export function momentOf(given: Flags, name: string, key = name): string | undefined {
  const text = textOf(given[key])
  if (text === undefined) return undefined
  const seconds = parseSeconds(text)
  if (seconds !== null) return new Date(Date.now() - seconds * 1_000).toISOString()
  // A date alone would be taken for one of UTC, unlike one with a time.
  const moment = text.length === 10 ? `${text}T00:00` : text
  if (/^\d{4}-\d\d-\d\d/.test(text) && !Number.isNaN(Date.parse(moment)))
    return isWhole(text) ? text : new Date(moment).toISOString()
  throw new ConfigError(
    `--${name} "${text}": must be a time ago, such as 30min, 12h or 7d, or a moment, such as 2026-11-28T09:30:00Z.`,
  )
}

/** Tells whether a moment has a zone: it is kept as it is then, to its microseconds. */
function isWhole(text: string): boolean {
  return /T\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/.test(text)
}
