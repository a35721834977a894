import { ConfigError } from '../../config/config-error.ts'

/** What the data of an event must have at a path, where it is JSON. */
export interface JsonCondition {
  path: readonly string[]
  /** The value, as GraphQL writes it. */
  literal: string
}

/** Reads `customer.id=7` or `state=open`: a value that is no JSON is text. @throws ConfigError */
export function jsonConditionOf(text: string): JsonCondition {
  const [, path = '', value = ''] = /^([^=]+)=(.*)$/s.exec(text) ?? []
  if (path === '') {
    throw new ConfigError(
      `--path "${text}": must be a path and a value, such as customer.id=7 or state=open.`,
    )
  }
  return { path: path.split('.'), literal: literalOf(value, text) }
}

function literalOf(value: string, text: string): string {
  const parsed = parse(value)
  if (typeof parsed === 'object' && parsed !== null)
    throw new ConfigError(`--path "${text}": the value must be text, a number, true, false or null.`)
  // As it is written, a number keeps all its digits.
  return typeof parsed === 'string' ? JSON.stringify(parsed) : value.trim()
}

function parse(value: string): unknown {
  try {
    return JSON.parse(value)
  } catch {
    return value
  }
}
