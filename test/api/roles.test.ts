import { describe, expect, test } from 'vitest'
import type { Role } from '../../src/postgres/call.ts'
import { createTestDatabase, eachEngine } from '../support/database.ts'

interface Attempt {
  what: string
  text: string
  allowed: Role[]
}

const attempts: Attempt[] = [
  {
    what: 'read queues',
    text: 'select * from pgq_gateway.queue_info',
    allowed: ['reader', 'writer', 'admin'],
  },
  {
    what: 'insert events',
    text: `select pgq_gateway.insert_events('q', array['t'], array['d'])`,
    allowed: ['writer', 'admin'],
  },
  {
    what: 'insert an event past the gateway',
    text: `select pgq.insert_event('q', 't', 'd')`,
    allowed: ['writer', 'admin'],
  },
  {
    what: 'register a consumer',
    text: `select pgq_gateway.register_consumer('q', 'c2', null)`,
    allowed: ['reader', 'admin'],
  },
  {
    what: 'open a batch',
    text: `select pgq_gateway.next_batch('q', 'c', null, null, null, null, null)`,
    allowed: ['reader', 'admin'],
  },
  {
    what: 'open batches of members',
    text: `select pgq_gateway.next_coop_batches('q', 'g', '{a,b}', null, null, null, null, '{null,null}', null)`,
    allowed: ['reader', 'admin'],
  },
  {
    what: 'settle a batch',
    text: `select pgq_gateway.finish_batch(77, null, null, '{}', '{}', '{}', '{}')`,
    allowed: ['reader', 'admin'],
  },
  {
    what: 'open the next batch of a stream',
    text: `select pgq_gateway.next_after_finish(true, 'q', 'c', null, null, null, gen_random_uuid(), null)`,
    allowed: ['reader', 'admin'],
  },
  {
    what: 'settle a batch and publish',
    text: `select pgq_gateway.finish_and_publish(77, null, null, '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}')`,
    allowed: ['reader', 'admin'],
  },
  {
    what: 'stage retries and failures',
    text: `select pgq_gateway.stage_outcomes(77, null, 1, '{}', '{}', '{}', '{}', '{}')`,
    allowed: ['reader', 'admin'],
  },
  {
    what: 'stage events to publish',
    text: `select pgq_gateway.stage_settlement(77, null, 1, '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}')`,
    allowed: ['reader', 'admin'],
  },
  {
    what: 'stage past the checks',
    text: `select pgq_gateway._stage_part(77, null, 1, '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}')`,
    allowed: [],
  },
  {
    what: 'settle a batch in parts',
    text: `select pgq_gateway.finish_staged(77, null, null, '{}', '{}', '{}', '{}', '{1}')`,
    allowed: ['reader', 'admin'],
  },
  { what: 'read what is staged', text: 'select * from pgq_gateway.staged_part', allowed: [] },
  {
    what: 'create a queue',
    text: `select pgq_gateway.create_queue('new', null, null, null, null, null)`,
    allowed: ['admin'],
  },
  { what: 'drop a queue', text: `select pgq_gateway.drop_queue('none', false)`, allowed: ['admin'] },
  { what: 'tick', text: `select pgq_gateway.tick('q', false)`, allowed: ['admin'] },
  {
    what: 'delete dead letters',
    text: `select pgq_gateway.delete_dead_letters('{1}', null, null, 1)`,
    allowed: ['admin'],
  },
  {
    what: 'register an event type',
    text: `select pgq_gateway.register_event_type('q', 't', 0, '{}', false, true)`,
    allowed: ['admin'],
  },
  {
    what: 'remove an event type',
    text: `select pgq_gateway.remove_event_type('q', 't')`,
    allowed: ['admin'],
  },
  {
    what: 'read event types',
    text: 'select * from pgq_gateway.event_type_info',
    allowed: ['reader', 'admin'],
  },
  {
    what: 'learn which payloads to check',
    text: `select * from pgq_gateway.enforced_event_types('q')`,
    allowed: ['writer', 'admin'],
  },
  {
    what: 'change event types past their functions',
    text: `delete from pgq_gateway.event_type`,
    allowed: [],
  },
  {
    what: 'change what inserts are compared with',
    text: `select pgq_gateway._lock_event_types('q')`,
    allowed: [],
  },
  { what: 'read leases', text: 'select * from pgq_gateway.lease', allowed: [] },
  {
    what: 'read dead letters',
    text: 'select * from pgq_gateway.dead_letter_info',
    allowed: ['reader', 'admin'],
  },
  { what: 'forge a lease', text: `select pgq_gateway._open_lease(1, 1, 1, 1)`, allowed: [] },
  {
    what: 'read events by any SQL',
    text: `select * from pgq_gateway._select_events('select 1', null)`,
    allowed: [],
  },
]

describe.each(eachEngine)('PostgreSQL enforces the roles on %s', (engine) => {
  test.each(attempts)('to $what takes one of: $allowed', async ({ text, allowed }) => {
    await using fixture = await createTestDatabase(engine)
    const live = await fixture.open()
    const { database } = live
    try {
      await database.call({ name: 'create', role: 'admin', text: `select pgq.create_queue('q')` })
      await database.call({
        name: 'register',
        role: 'reader',
        text: `select pgq.register_consumer('q', 'c')`,
      })
      for (const role of ['reader', 'writer', 'admin'] as const) {
        const attempt = database.call({ name: 'attempt', role, text })
        if (allowed.includes(role)) await expect(attempt, role).resolves.toBeDefined()
        else await expect(attempt, role).rejects.toMatchObject({ code: 'FORBIDDEN', sqlstate: '42501' })
      }
    } finally {
      await live.close()
    }
  })
})
