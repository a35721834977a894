import { expect, test } from 'vitest'
import { type MoverOptions, planOf } from '../src/mover-plan.ts'

const good: MoverOptions = {
  name: 'orders',
  from: { databases: 'shard_*', queue: 'orders' },
  to: { database: 'main', queue: 'orders' },
}

test('a mover has defaults', () => {
  const { databases, ...rest } = planOf(good)
  expect(databases.matches('shard_7')).toBe(true)
  expect(rest).toEqual({
    name: 'orders',
    queue: 'orders',
    consumer: 'orders',
    target: 'main',
    route: { queue: 'orders' },
    creates: false,
    types: null,
    origin: null,
  })
})

const bad: [string, object, string][] = [
  ['has no name', { name: '' }, 'its name is empty; give it one'],
  [
    'names no queue',
    { to: { database: 'main' } },
    'to needs either a queue, or queueBy: the column that names it',
  ],
  [
    'names a queue and a column',
    { to: { database: 'main', queue: 'q', queueBy: 'extra1' } },
    'to needs either a queue, or queueBy: the column that names it',
  ],
  [
    'splits by no column',
    { to: { database: 'main', queueBy: 'type' } },
    'to.queueBy must be one of extra1, extra2, extra3, extra4',
  ],
  [
    'moves nothing',
    { types: [] },
    'types is empty, so that nothing would be moved; leave it out for all types',
  ],
  [
    'has no column for the origin',
    { origin: 'data' },
    'origin must be one of extra1, extra2, extra3, extra4',
  ],
  [
    'splits by the origin',
    { to: { database: 'main', queueBy: 'extra1' }, origin: 'extra1' },
    'origin must be another column than to.queueBy, which names the queue',
  ],
  [
    'moves a queue into itself',
    { from: { databases: 'main', queue: 'orders' } },
    'it would move the events of a queue into the same queue; name another one',
  ],
  [
    'has a broken pattern',
    { from: { databases: '%', queue: 'q' } },
    'from.databases is not percent-encoded; write % as %25',
  ],
]

test.each(bad)('a mover that %s is refused', (_, change, what) => {
  expect(() => planOf({ ...good, ...change } as MoverOptions)).toThrow(
    new TypeError(`Mover ${JSON.stringify({ ...good, ...change }.name)}: ${what}`),
  )
})
