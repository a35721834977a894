import { type DocumentNode, parse } from 'graphql'
import { expect, test } from 'vitest'
import { DocumentCache } from '../../src/operations/document-cache.ts'

const field = (name: string) => `{ ${name} }`

test('a document is checked once, and one that is no good each time', () => {
  const cache = new DocumentCache<DocumentNode>()
  const checked: string[] = []
  const check = (text: string) => {
    checked.push(text)
    return text === field('bad') ? null : parse(text)
  }
  const first = cache.get(field('a'), check)
  expect(cache.get(field('a'), check)).toBe(first)
  expect(cache.get(field('bad'), check)).toBeNull()
  expect(cache.get(field('bad'), check)).toBeNull()
  expect(checked).toEqual([field('a'), field('bad'), field('bad')])
})

test('it holds at most a thousand documents, and forgets what was not used for longest', () => {
  const cache = new DocumentCache<DocumentNode>()
  for (let n = 0; n < 1_000; n++) cache.get(field(`a${n}`), parse)
  const kept = cache.get(field('a0'), parse)
  cache.get(field('more'), parse)
  expect(cache.size).toBe(1_000)
  expect(cache.get(field('a0'), () => null)).toBe(kept)
  expect(cache.get(field('a1'), () => null)).toBeNull()
})

test('large documents take the room of many', () => {
  const cache = new DocumentCache<DocumentNode>()
  for (let n = 0; n < 20; n++) cache.get(field(`a${n} ${' '.repeat(50_000)}`), parse)
  expect(cache.size).toBeLessThanOrEqual(5)
})
