import { expect, test } from 'vitest'
import { Share } from '../../src/memory/share.ts'
import type { KnownOperation } from '../../src/operations/documents.ts'
import { SubscriptionMemory } from '../../src/operations/subscription-memory.ts'

const operationOf = (length: number) => ({ length }) as KnownOperation
const limitExceeded = expect.objectContaining({ code: 'LIMIT_EXCEEDED' })

test('subscriptions are refused when they fill the memory, and taken again when others have ended', () => {
  const kept = new SubscriptionMemory(new Share(100_000))
  const operation = operationOf(100)
  const holds = Array.from({ length: 10 }, () => kept.take(operation, {}))
  expect(() => kept.take(operation, {})).toThrow(limitExceeded)
  holds[0]?.release()
  holds[0]?.release()
  kept.take(operation, {})
  expect(() => kept.take(operation, {})).toThrow(limitExceeded)
})

test('a document counts once for all who sent it, until the last of them has ended', () => {
  const kept = new SubscriptionMemory(new Share(100_000))
  const large = operationOf(700)
  const holds = [kept.take(large, {}), kept.take(large, {}), kept.take(large, {})]
  expect(() => kept.take(operationOf(100), {})).toThrow(limitExceeded)
  for (const hold of holds) hold.release()
  kept.take(operationOf(700), {})
})

test.each([
  ['variables', operationOf(10), { types: ['x'.repeat(65_536)] }, /variables of a subscription/],
  ['a document', operationOf(65_537), {}, /document of a subscription/],
])('%s beyond what one subscription may keep are refused', (_, operation, variables, message) => {
  const kept = new SubscriptionMemory(new Share(1e9))
  expect(() => kept.take(operation, variables)).toThrow(message)
})
