import { expect, test } from 'vitest'
import { UnsentBytes } from '../../src/memory/unsent.ts'

/** Counts what waits, and notes who is cut. */
function counter(max: number) {
  const unsent = new UnsentBytes(max)
  const cut: string[] = []
  const add = (client: string, name: string, bytes: number, what: object = {}) =>
    unsent.add(client, what, bytes, () => cut.push(name))
  return { add, cut }
}

test('past the bound the client with the most is cut, at its oldest', () => {
  const { add, cut } = counter(100)
  add('small', 'small', 20)
  add('greedy', 'greedy 1', 30)
  add('greedy', 'greedy 2', 30)
  expect(cut).toEqual([])
  add('late', 'late', 30)
  expect(cut).toEqual(['greedy 1'])
})

test('what is sent makes room, once', () => {
  const { add, cut } = counter(100)
  const isSent = add('a', '1', 60)
  isSent()
  isSent()
  add('a', '2', 60)
  expect(cut).toEqual([])
  add('a', '3', 60)
  expect(cut).toEqual(['2'])
})

test('what many clients are sent counts once, until the last has it', () => {
  const { add, cut } = counter(100)
  const message = {}
  const sent = ['a', 'b', 'c'].map((client) => add(client, client, 60, message))
  add('d', 'd', 40)
  expect(cut).toEqual([])
  for (const isSent of sent) isSent()
  add('e', 'e', 60)
  expect(cut).toEqual([])
})

test('one answer beyond the bound is sent, where it waits alone', () => {
  const { add, cut } = counter(100)
  add('a', 'a', 500)
  expect(cut).toEqual([])
  add('b', 'b', 1)
  expect(cut).toEqual(['a'])
})
