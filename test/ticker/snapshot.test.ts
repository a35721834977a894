import { expect, test } from 'vitest'
import { hasEnded, parseSnapshot } from '../../src/ticker/snapshot.ts'

test.each([
  ['99', true],
  ['100', false],
  ['101', true],
  ['102', false],
  ['103', true],
  ['104', false],
  ['105', false],
])('transaction %s has ended in 100:104:100,102 is %s', (txid, expected) => {
  expect(hasEnded(BigInt(txid), parseSnapshot('100:104:100,102'))).toBe(expected)
})

test('reads a snapshot past 2^53 and without transactions', () => {
  expect(parseSnapshot('9007199254740993:9007199254740995:')).toEqual({
    xmin: 9007199254740993n,
    xmax: 9007199254740995n,
    inProgress: new Set(),
  })
})
