import { expect, test } from 'vitest'
import { Settlement } from '../../src/consume/settlement.ts'
import { PgqClientError } from '../../src/errors.ts'
import { FinishBatchDocument, StageSettlementDocument } from '../../src/generated/operations.ts'
import type { Transport } from '../../src/transport/transport.ts'
import { failureOf } from '../support/failure.ts'

type Input = {
  part?: number
  replaces?: number[]
  leaseToken: string | null
  stagedParts?: number[]
  publish?: { data: string }[]
  retries?: { eventId: string }[]
  failures?: { eventId: string }[]
}

/** A server that takes so many entries of a list, and answers as `answer` says. */
function server(maxEntries: number, answer: (what: 'stage' | 'finish', input: Input) => void = () => {}) {
  /** The parts that were sent, or what was finished. */
  const heard: unknown[] = []
  const replaced: number[] = []
  const transport: Transport = {
    isWatched: true,
    async request(document, variables) {
      const { input } = variables as { input: Input }
      const what = String(document) === String(StageSettlementDocument) ? 'stage' : 'finish'
      if (what === 'finish') expect(String(document)).toBe(String(FinishBatchDocument))
      const texts = [
        ...(input.publish ?? []).map(({ data }) => data),
        ...(input.failures ?? []).map(({ eventId }) => `fail ${eventId}`),
        ...(input.retries ?? []).map(({ eventId }) => `retry ${eventId}`),
      ]
      replaced.push(...(input.replaces ?? []))
      heard.push(what === 'stage' ? [input.part, ...texts] : (input.stagedParts ?? texts))
      for (const list of ['publish', 'retries', 'failures'] as const) {
        if ((input[list]?.length ?? 0) > maxEntries)
          throw new PgqClientError('LIMIT_EXCEEDED', 'too many', { field: list })
      }
      answer(what, input)
      return {} as never
    },
    subscribe() {
      throw new Error('not of use here')
    },
  }
  const settlement = new Settlement({ transport, database: 'main', batchId: '1' })
  const { signal } = new AbortController()
  return {
    heard,
    replaced,
    settle: (texts: string, token: string | null = 'token', more = {}) =>
      settlement.settle(
        { publish: [...texts].map((data) => ({ queue: 'q', data })), ...more },
        token,
        signal,
      ),
  }
}

/** Answers as `refuse` says the first time that it says something, and takes all else. */
function once(refuse: (what: string, input: Input) => PgqClientError | false) {
  let isOver = false
  return (what: string, input: Input) => {
    const error = !isOver && refuse(what, input)
    if (!error) return
    isOver = true
    throw error
  }
}

test('a settlement that fits goes in one request, and nothing is staged', async () => {
  const t = server(4)
  await t.settle('abcd')
  expect(t.heard).toEqual([['a', 'b', 'c', 'd']])
})

test('a settlement that is refused for its size is divided until its parts are taken', async () => {
  const t = server(2)
  const entry = (eventId: string) => ({ eventId })
  await t.settle('abcde', 'token', { retries: [entry('1')], failures: [entry('2')] })
  expect(t.heard).toEqual([
    ['a', 'b', 'c', 'd', 'e', 'fail 2', 'retry 1'],
    [0, 'a', 'b'],
    [1, 'c', 'd'],
    [2, 'e', 'fail 2', 'retry 1'],
    [0, 1, 2],
  ])
})

test('more entries than servers take by default, and more bytes, are not sent at once to be refused', async () => {
  const t = server(10_000)
  const failures = Array.from({ length: 12_000 }, (_, n) => ({ eventId: `${n}`, reason: 'é'.repeat(450) }))
  await t.settle('', 'token', { failures })
  const parts = t.heard.slice(0, -1) as unknown[][]
  expect(parts.flatMap(([_, ...texts]) => texts)).toEqual(failures.map(({ eventId }) => `fail ${eventId}`))
  // An entry has some 940 bytes, so 8 MiB have room for 8,900.
  expect(parts.map(({ length }) => length)).toEqual([
    expect.toSatisfy((n) => n > 8_000 && n < 9_000),
    expect.anything(),
  ])
  expect(t.heard.at(-1)).toEqual([0, 1])
})

test('a part that was taken is not sent again after an error of another, and the numbers stay', async () => {
  const away = new PgqClientError('UNAVAILABLE', 'away')
  const t = server(
    1,
    once((_, { part }) => part === 1 && away),
  )
  expect(await failureOf(t.settle('abc'))).toBe(away)
  await t.settle('abc')
  expect(t.heard.slice(1)).toEqual([
    [0, 'a'],
    [1, 'b'],
    [1, 'b'],
    [2, 'c'],
    [0, 1, 2],
  ])
})

test('a fault of a part is that of the whole, and the other parts are used again when it is mended', async () => {
  const t = server(3, (_, { part, publish }) => {
    if (publish?.[1]?.data === 'x')
      throw new PgqClientError('INVALID_PAYLOAD', `publish[1].data of ${part}`, { field: 'publish[1].data' })
  })
  const error = await failureOf(t.settle('abcdxf'))
  expect(error).toMatchObject({
    code: 'INVALID_PAYLOAD',
    field: 'publish[4].data',
    message: 'publish[4].data of 1',
  })
  await t.settle('abcdf')
  // What is different has another number: the request before may still be under way.
  expect(t.heard.slice(1)).toEqual([
    [0, 'a', 'b', 'c'],
    [1, 'd', 'x', 'f'],
    [2, 'd', 'f'],
    [0, 2],
  ])
  // The server need not keep what it replaces.
  expect(t.replaced).toEqual([1])
})

test('all parts are staged again under a new lease, and when the server has lost them', async () => {
  const lost = new PgqClientError('NOT_FOUND', 'lost', { field: 'stagedParts' })
  const stale = new PgqClientError('STALE_LEASE', 'stale')
  const t = server(
    1,
    once((what) => what === 'finish' && lost),
  )
  await t.settle('ab')
  expect(t.heard).toEqual([
    ['a', 'b'],
    [0, 'a'],
    [1, 'b'],
    [0, 1],
    [0, 'a'],
    [1, 'b'],
    [0, 1],
  ])
  const other = server(
    1,
    once((what, { leaseToken }) => what === 'finish' && leaseToken === 'token' && stale),
  )
  expect(await failureOf(other.settle('ab'))).toBe(stale)
  await other.settle('ab', 'new')
  expect(other.heard).toEqual([
    ['a', 'b'],
    [0, 'a'],
    [1, 'b'],
    [0, 1],
    [2, 'a'],
    [3, 'b'],
    [2, 3],
  ])
})

test.each(['NOT_FOUND', 'TIMEOUT'] as const)(
  'parts that are never settled, because of %s, are given up as too large',
  async (code) => {
    const t = server(1, (what) => {
      if (what === 'finish') throw new PgqClientError(code, 'never')
    })
    let error: unknown
    for (let n = 0; n < 4 && (error as PgqClientError)?.code !== 'LIMIT_EXCEEDED'; n++)
      error = await failureOf(t.settle('ab'))
    expect(error).toMatchObject({ code: 'LIMIT_EXCEEDED', field: 'part' })
    expect(t.heard.filter((what) => String(what) === '0,1')).toHaveLength(3)
  },
)

test('an entry that is too large by itself is named, and not divided for ever', async () => {
  const t = server(9, (_, { publish }) => {
    if (publish?.some(({ data }) => data === 'X')) throw new PgqClientError('LIMIT_EXCEEDED', 'too large')
  })
  expect(await failureOf(t.settle('abXd'))).toMatchObject({ code: 'LIMIT_EXCEEDED', field: 'publish[2]' })
})

test('parts that are too large together are not divided further', async () => {
  const full = new PgqClientError('LIMIT_EXCEEDED', 'together', { field: 'part' })
  const t = server(1, (_, { part }) => {
    if (part === 1) throw full
  })
  expect(await failureOf(t.settle('abc'))).toMatchObject({ code: 'LIMIT_EXCEEDED', field: 'part' })
  expect(t.heard).toHaveLength(3)
})

test.each([
  ['does not know parts', 'stage', undefined],
  ['stands beside a newer one and does not know parts', 'finish', 'input'],
])('a server that %s is asked to settle the whole', async (_what, where, field) => {
  const t = server(1, (what, { part, stagedParts }) => {
    const isUnknown = where === 'stage' ? part !== undefined : stagedParts !== undefined
    if (what === where && isUnknown) throw new PgqClientError('BAD_INPUT', 'unknown', { field })
  })
  expect(await failureOf(t.settle('ab'))).toMatchObject({ code: 'LIMIT_EXCEEDED', field: 'publish' })
  expect(t.heard.at(-1)).toEqual(['a', 'b'])
  await t.settle('a')
  expect(t.heard.at(-1)).toEqual(['a'])
})

test('a batch without a lease is settled as a whole or not at all', async () => {
  const t = server(1)
  expect(await failureOf(t.settle('ab', null))).toMatchObject({ code: 'LIMIT_EXCEEDED', field: 'publish' })
  expect(t.heard).toEqual([['a', 'b']])
})
