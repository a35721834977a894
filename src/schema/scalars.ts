import { Kind, type ValueNode } from 'graphql'
import { PgqError } from '../errors.ts'
import { parseInt8 } from '../int8.ts'
import { toNumber } from '../json/exact-number.ts'
import { builder } from './builder.ts'

/** Makes the error of an invalid value; graphql wraps it and adds the value's path in the input. */
function badInput(message: string): PgqError {
  return new PgqError('BAD_INPUT', message)
}

builder.scalarType('BigInt', {
  description:
    'An int8 as a decimal string, safe in every client. As input an integer literal is accepted too.',
  serialize: (value) => String(value),
  parseValue: (value) => {
    if (typeof value === 'number' && !Number.isSafeInteger(value)) {
      throw badInput('A BigInt beyond 2^53 must be a string: as a number it has lost digits')
    }
    if (typeof value !== 'string' && typeof value !== 'number')
      throw badInput('A BigInt is a string of decimal digits')
    return toInt8(String(value))
  },
  parseLiteral: (node) => {
    if (node.kind !== Kind.STRING && node.kind !== Kind.INT)
      throw badInput('A BigInt is a string of decimal digits')
    return toInt8(node.value)
  },
})

function toInt8(text: string) {
  const value = parseInt8(text)
  if (value === null)
    throw badInput('A BigInt is a whole number from -9223372036854775808 to 9223372036854775807')
  return value
}

builder.scalarType('DateTime', {
  description: 'An RFC 3339 timestamp in UTC with microseconds, such as 2026-11-21T19:30:00.123456Z.',
  serialize: (value) => String(value),
  parseValue: toDateTime,
  parseLiteral: (node) => toDateTime(node.kind === Kind.STRING ? node.value : null),
})

function toDateTime(value: unknown): string {
  const isTimestamp =
    typeof value === 'string' &&
    /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?(Z|[+-]\d\d:\d\d)$/.test(value) &&
    !Number.isNaN(Date.parse(value))
  if (!isTimestamp)
    throw badInput('A DateTime is an RFC 3339 timestamp with a zone, such as 2026-11-21T19:30:00.123456Z')
  return value
}

builder.scalarType('JSON', {
  description: 'Any JSON value. Numbers of an input keep all their digits.',
  serialize: (value) => value,
  parseValue: (value) => value,
  parseLiteral: (node, variables) => literalToJson(node, variables ?? {}),
})

function literalToJson(node: ValueNode, variables: Record<string, unknown>): unknown {
  switch (node.kind) {
    case Kind.NULL:
      return null
    case Kind.INT:
    case Kind.FLOAT:
      return toNumber(node.value)
    case Kind.STRING:
    case Kind.BOOLEAN:
    case Kind.ENUM:
      return node.value
    case Kind.VARIABLE:
      return variables[node.name.value]
    case Kind.LIST:
      return node.values.map((item) => literalToJson(item, variables))
    case Kind.OBJECT:
      return Object.fromEntries(
        node.fields.map((field) => [field.name.value, literalToJson(field.value, variables)]),
      )
  }
}
