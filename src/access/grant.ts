import { decodeName, isStorable, Pattern } from './pattern.ts'

/** What a caller may do with a place; see `covers` in access.ts for what follows from what. */
export const verbs = ['stats', 'read', 'publish', 'consume', 'manage', 'admin'] as const

export type Verb = (typeof verbs)[number]

/** The columns of an event that an application may use as it likes; a grant may set conditions on them. */
export const extraColumns = ['extra1', 'extra2', 'extra3', 'extra4'] as const

export type ExtraColumn = (typeof extraColumns)[number]

/** Conditions on events, all of which must hold. */
export type GrantFilter = Readonly<Partial<Record<ExtraColumn, string>>>

export interface Grant {
  readonly verb: Verb
  readonly database: Pattern
  readonly queue: Pattern
  readonly consumer: Pattern
  /** Where it is for some events alone. */
  readonly filter: GrantFilter | null
  /** The same grant in one spelling of many, with the values of claims in place of their names. */
  readonly text: string
}

/** Thrown for a grant that cannot be read; the message says why, and shows the grammar. */
export class GrantError extends Error {
  override readonly name = 'GrantError'
}

/** A grant as it is configured: its filter may name claims of a token. */
export interface GrantTemplate {
  readonly text: string
  /** @returns Null where it names a claim that is no number, or text that can be stored: then it grants nothing. */
  resolve(claims: Readonly<Record<string, unknown>>): Grant | null
}

/**
 * Parses `VERB[:DATABASE[/QUEUE[/CONSUMER]]]`; parts are percent-encoded, `*` is any run of characters, and what is left
 * out is `*`. `read` may be followed by conditions, as in `read:main/orders?extra1={tenant}`, whose values are
 * percent-encoded texts, or claims in braces.
 *
 * @throws GrantError
 */
export function parseGrant(text: string): GrantTemplate {
  const [, verbText = '', place, conditions] = /^([a-z]*)(?::([^?]*))?(?:\?(.*))?$/s.exec(text) ?? []
  const verb = verbs.find((each) => each === verbText)
  if (!verb) throw wrong(text, `begin with one of ${verbs.join(', ')}`)
  const parts = place?.split('/') ?? []
  if (parts.length > 3) throw wrong(text, 'give at most database, queue and consumer; a / in a name is %2F')
  if (place !== undefined && parts.includes(''))
    throw wrong(text, 'write * for any name, or leave the end out')
  const [database, queue, consumer] = [0, 1, 2].map((index) => patternOf(text, parts[index] ?? '*')) as [
    Pattern,
    Pattern,
    Pattern,
  ]
  const filter = conditions === undefined ? null : filterOf(text, conditions)
  if (filter && verb !== 'read') throw wrong(text, 'only read takes conditions after a ?')
  if (filter && !consumer.isAny) throw wrong(text, 'conditions are for tail, which has no consumer')
  const head = `${verb}:${database}/${queue}/${consumer}`
  return {
    text,
    resolve(claims) {
      if (!filter) return { verb, database, queue, consumer, filter: null, text: head }
      const values: Partial<Record<keyof GrantFilter, string>> = {}
      for (const column of extraColumns) {
        const value = filter[column]?.(claims)
        if (value === null) return null
        if (value !== undefined) values[column] = value
      }
      return { verb, database, queue, consumer, filter: values, text: `${head}?${JSON.stringify(values)}` }
    },
  }
}

type ValueOf = (claims: Readonly<Record<string, unknown>>) => string | null

function filterOf(text: string, conditions: string): Partial<Record<keyof GrantFilter, ValueOf>> {
  const filter: Partial<Record<keyof GrantFilter, ValueOf>> = {}
  for (const condition of conditions.split('&')) {
    const [, name = '', value = ''] = /^([^=]*)=(.*)$/s.exec(condition) ?? []
    const column = extraColumns.find((each) => each === name)
    if (!column) throw wrong(text, `a condition is one of ${extraColumns.join(', ')}, = and a value`)
    if (filter[column]) throw wrong(text, `it has two conditions on ${column}`)
    filter[column] = valueMaker(text, value)
  }
  return filter
}

function valueMaker(text: string, value: string): ValueOf {
  const [, claim] = /^\{([^{}]+)\}$/.exec(value) ?? []
  if (claim === undefined) {
    if (/[{}]/.test(value)) throw wrong(text, 'a claim in braces must be the whole value')
    const decoded = decode(text, value)
    return () => decoded
  }
  return (claims) => {
    const found = Object.hasOwn(claims, claim) ? claims[claim] : undefined
    if (typeof found === 'string') return isStorable(found) ? found : null
    return typeof found === 'number' ? String(found) : null
  }
}

function patternOf(text: string, part: string): Pattern {
  try {
    return Pattern.parse(part)
  } catch {
    throw wrong(text, notEncoded)
  }
}

function decode(text: string, value: string): string {
  try {
    return decodeName(value)
  } catch {
    throw wrong(text, notEncoded)
  }
}

function wrong(text: string, remedy: string): GrantError {
  const shown = JSON.stringify(text.length > MAX_SHOWN ? `${text.slice(0, MAX_SHOWN)}…` : text)
  return new GrantError(`${shown} is not a grant: ${remedy}. A grant is VERB[:DATABASE[/QUEUE[/CONSUMER]]]`)
}

const notEncoded =
  'a % begins a percent-encoded character, and is %25 itself; no name has a NUL character or a lone surrogate'

const MAX_SHOWN = 200
