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

const nats = { nats: 'nats://localhost', subject: 'orders' }

const badNats: [string, object, string][] = [
  [
    'a queue and NATS',
    { to: { ...nats, queue: 'q' } },
    'to needs either a queue, or nats with a subject; not both',
  ],
  ['no target', { to: {} }, 'to needs either a database with a queue, or nats with a subject'],
  [
    'a subject and no server',
    { to: { database: 'main', queue: 'q', subject: 'orders' } },
    'to.subject is for NATS; give to.nats, too, or leave it out',
  ],
  [
    'an origin beside NATS',
    { to: nats, origin: 'extra1' },
    'origin is for queues; leave it out, since messages of NATS have headers for it',
  ],
  [
    'another URL',
    { to: { ...nats, nats: 'http://localhost' } },
    'to.nats must be a URL such as nats://user:password@host:4222, or tls://host:4222',
  ],
  [
    'no subject',
    { to: { nats: nats.nats } },
    'to.subject is missing; name one, such as orders.{database}.{type}',
  ],
  [
    'a wildcard',
    { to: { ...nats, subject: 'orders.*' } },
    'to.subject must be visible ASCII without *, > and lone braces',
  ],
  [
    'nothing in flight',
    { to: { ...nats, maxInFlight: 0 } },
    'to.maxInFlight must be a whole number of at least 1',
  ],
]

test.each(badNats)('a mover with %s is refused', (_, change, what) => {
  expect(() => planOf({ ...good, ...change } as MoverOptions)).toThrow(
    new TypeError(`Mover "orders": ${what}`),
  )
})

test('a mover into JetStream has its records in main', () => {
  expect(planOf({ ...good, to: nats })).toMatchObject({
    target: 'main',
    route: { nats: { address: { servers: ['localhost'] }, credsFile: null, maxInFlight: 256 } },
  })
})

test.each(bad)('a mover that %s is refused', (_, change, what) => {
  expect(() => planOf({ ...good, ...change } as MoverOptions)).toThrow(
    new TypeError(`Mover ${JSON.stringify({ ...good, ...change }.name)}: ${what}`),
  )
})
