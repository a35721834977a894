import { expect, test } from 'vitest'
import { elementsOf, joinArrays, repeatedElement } from '../../src/postgres/array-text.ts'
import { createTestDatabase } from '../support/database.ts'

const awkward = ['', ' ', 'NULL', 'null', null, 'a,b', '{}', '"', '\\', '\\"', '\n', 'ü✓', '"},{"', "it's"]

test('elements are those that PostgreSQL has written, however awkward', async () => {
  await using database = await createTestDatabase()
  const client = await database.connect()
  const { rows } = await client.query('select $1::text[]::text as written', [awkward])
  expect(elementsOf(rows[0].written)).toEqual(awkward)
  const joined = joinArrays([rows[0].written, '{}', repeatedElement('NULL', 2), rows[0].written])
  const read = await client.query('select $1::text[] as read', [joined])
  expect(read.rows[0].read).toEqual([...awkward, null, null, ...awkward])
  await client.end()
})

test('an empty array has no elements, and joins without a trace', () => {
  expect(elementsOf('{}')).toEqual([])
  expect(repeatedElement('1', 0)).toBe('{}')
  expect(joinArrays([])).toBe('{}')
  expect(joinArrays(['{}', repeatedElement('1', 3), '{}'])).toBe('{1,1,1}')
})
