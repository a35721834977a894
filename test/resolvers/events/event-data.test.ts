import { describe, expect, test } from 'vitest'
import { parseEventData } from '../../../src/resolvers/events/event-data.ts'

describe('data is read as', () => {
  test.each([
    ['JSON', '{"a":[1,null]}', { a: [1, null] }],
    ['the URL encoding of logutriga', 'id=1&name=x%20y+z&gone', { id: '1', name: 'x y z', gone: null }],
    ['nothing where it is neither', 'neither', null],
    ['nothing where a part is neither', 'a=1&b=ä', null],
    ['nothing where an escape is broken', 'a=%zz', null],
    ['nothing where there is none', null, null],
  ])('%s', (_, data, expected) => {
    expect(parseEventData(data)).toEqual(expected)
  })
})

test.each([
  ['columns without values', `${'a&'.repeat(2_000_000)}a`, { a: null }],
  ['columns with values', `${'a=1&'.repeat(1_000_000)}a=2`, { a: '2' }],
  ['one long column', `a=${'x'.repeat(4_000_000)}`, { a: 'x'.repeat(4_000_000) }],
  ['what is no column at the end of many', `${'a&'.repeat(2_000_000)}?`, null],
])('4 MB of %s stop no reader', (_, data, expected) => {
  expect(parseEventData(data)).toEqual(expected)
})
