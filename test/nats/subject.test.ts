import { expect, test } from 'vitest'
import { SubjectTemplate } from '../../src/nats/subject.ts'

const event = {
  database: 'shard_1',
  queue: 'a.b c',
  type: '*',
  extra1: '>',
  extra2: null,
  extra3: '',
  extra4: '_',
}

test('a subject is filled so that nothing in an event makes another token, a wildcard or an empty one', () => {
  const template = SubjectTemplate.parse('{database}.x-{queue}.{type}.{extra1}.{extra2}.{extra3}.{extra4}')
  expect(template.format(event)).toBe('shard_1.x-a%2Eb%20c.%2A.%3E._._.%5F')
  expect(template.wildcard).toBe('*.*.*.*.*.*.*')
  expect(SubjectTemplate.parse('{type}').format({ ...event, type: '$JS' })).toBe('%24JS')
})

test.each([
  ['', 'must have a text between dots, and at both ends'],
  ['a..b', 'must have a text between dots, and at both ends'],
  ['.{type}', 'must have a text between dots, and at both ends'],
  ['a b', 'must be visible ASCII without *, > and lone braces'],
  ['a.>', 'must be visible ASCII without *, > and lone braces'],
  ['a}', 'must be visible ASCII without *, > and lone braces'],
  ['$JS.API', 'must not begin with $, which is for the server itself'],
])('%j is no subject', (text, message) => {
  expect(() => SubjectTemplate.parse(text)).toThrow(new TypeError(message))
})
