import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ExactNumber, isKept, stringifyJson } from '../../src/json/exact-number.ts'
import { parseJson as parse, TooManyObjects } from '../../src/json/parse-json.ts'

const parseJson = (text: string) => parse(text, Number.POSITIVE_INFINITY)

describe('a number is kept by JavaScript:', () => {
  test.each(['0', '0.0', '0e5', '1.10', '-123.4500', '1e2', '1E+2', '100e-2', '5e-324', '9007199254740992'])(
    '%s',
    (text) => expect(isKept(text)).toBe(true),
  )
  test.each(['0.30000000000000004', '0.00000012', '1e21', '1000000000000000000000', '123456789012345680000'])(
    '%s',
    (text) => expect(isKept(text)).toBe(true),
  )
})

const lost = [
  '-0',
  '-0.0',
  '-0e5',
  '1e400',
  '-1E+400',
  '1e-400',
  '9007199254740993',
  '12345678901234567890',
  '0.1000000000000000055511151231257827',
]

describe.each(lost)('%s', (number) => {
  test.each([number, `[1, ${number} ]`, `{"a":{"${number}":${number},"b":[-1.5,${number}]}}`])(
    'is written as it was in %s',
    (text) => expect(stringifyJson(parseJson(text))).toBe(text.replaceAll(' ', '')),
  )

  test('is text in a string, whatever is escaped there', () => {
    const text = `["${number}","\\",${number},\\\\","\\\\",7]`
    expect(parseJson(text)).toEqual([number, `",${number},\\`, '\\', 7])
  })
})

test('all other JSON is what JSON.parse makes of it', () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.constantFrom('', ' ', '\n'), (value, space) => {
      const text = JSON.stringify([value, 0], null, space)
      expect(parseJson(text)).toEqual(JSON.parse(text))
      const parsed = parseJson(text.replace(/0(\s*)\]$/, '-0$1]')) as unknown[]
      expect(parsed.pop()).toEqual(new ExactNumber('-0'))
      expect(parsed).toEqual([JSON.parse(JSON.stringify(value))])
    }),
  )
})

test('a property may be named __proto__, and the last of two with the same name counts', () => {
  const text = '{"__proto__":{"a":-0},"b":1,"b":2}'
  expect(stringifyJson(parseJson(text))).toBe('{"__proto__":{"a":-0},"b":2}')
})

test('lists may be nested as deep as they like around such a number', () => {
  let value = parseJson(`${'['.repeat(100_000)}-0${']'.repeat(100_000)}`)
  while (Array.isArray(value)) value = value[0]
  expect(value).toEqual(new ExactNumber('-0'))
})

test.each(['{9007199254740993:1}', '[1e]', '[01]', '-', '9007199254740993"a"', '', '[-0'])(
  '%j is no JSON',
  (text) => expect(() => parseJson(text)).toThrow(SyntaxError),
)

test('more lists and objects than may be are refused, those in strings do not count', () => {
  const max = 1_000
  const lists = (count: number) =>
    `[${Array(count - 1)
      .fill('{"a": 1}')
      .join()}]`
  expect(parse(lists(max), max)).toHaveLength(max - 1)
  expect(() => parse(lists(max + 1), max)).toThrow(TooManyObjects)
  const text = '[{\\"'.repeat(5_000)
  expect(parse(JSON.stringify([text]), max)).toEqual([text])
})
