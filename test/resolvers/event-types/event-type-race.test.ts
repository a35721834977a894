import type pg from 'pg'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { LiveDatabase } from '../../../src/database/live-database.ts'
import { PgqError } from '../../../src/errors.ts'
import { registerEventType } from '../../../src/resolvers/event-types/event-types.ts'
import { insertEvent, insertEvents } from '../../../src/resolvers/publishing/publishing.ts'
import { createTestContext } from '../../support/context.ts'
import { availableEngines, createTestDatabase, type TestDatabase } from '../../support/database.ts'
import { until, withDeadline } from '../../support/deadline.ts'

describe.each(availableEngines)(
  'of two gateways on %s, where one registers while the other publishes',
  (engine) => {
    let fixture: TestDatabase
    let registering: LiveDatabase
    let publishing: LiveDatabase
    /** Holds the names of the statements that the publishing gateway has had answers to. */
    let statements: string[]
    let observer: pg.Client
    let eventTable: string

    beforeEach(async () => {
      fixture = await createTestDatabase(engine)
      registering = await fixture.open()
      statements = []
      publishing = await fixture.open({}, { statement: ({ name }) => statements.push(name) })
      observer = await fixture.connect()
      await observer.query(`select pgq.create_queue('q')`)
      eventTable = (await observer.query(`select pgq.current_event_table('q') as name`)).rows[0].name
    })

    afterEach(async () => {
      await observer.end()
      await publishing.close()
      await registering.close()
      await fixture[Symbol.asyncDispose]()
    })

    const register = (round: number) =>
      registerEventType(createTestContext(registering), {
        database: 'main',
        queue: 'q',
        type: 't',
        schema: { type: 'object', properties: { round: { const: round } }, required: ['round'] },
        enforce: true,
        force: true,
      })

    test('none accepts an event that is invalid once the registration has returned', async () => {
      const rounds = 20
      const context = createTestContext(publishing)
      let isOver = false
      const outcomes = { accepted: 0, refused: 0 }
      const publishForEver = async (send: (json: object) => Promise<unknown>) => {
        for (let n = 0; !isOver; n++) {
          try {
            await send({ round: n % rounds })
            outcomes.accepted++
          } catch (error) {
            if (!(error instanceof PgqError && error.code === 'INVALID_PAYLOAD')) throw error
            outcomes.refused++
          }
        }
      }
      const event = { database: 'main', queue: 'q', type: 't' }
      const loops = [
        ...Array.from({ length: 4 }, () =>
          publishForEver((json) => insertEvent(context, { ...event, json })),
        ),
        ...Array.from({ length: 2 }, () =>
          publishForEver((json) =>
            insertEvents(context, {
              ...event,
              events: Array.from({ length: 200 }, () => ({ type: 't', json })),
            }),
          ),
        ),
      ]
      const snapshot = async () =>
        (await observer.query('select txid_current_snapshot()::text as s')).rows[0].s
      const windows: { round: number; from: string; to: string }[] = []
      for (let round = 0; round < rounds; round++) {
        await register(round)
        const from = await snapshot()
        const { accepted } = outcomes
        await until(() => outcomes.accepted > accepted, 'an event that matches')
        windows.push({ round, from, to: await snapshot() })
      }
      isOver = true
      await Promise.all(loops)

      let seen = 0
      for (const { round, from, to } of windows) {
        const { rows } = await observer.query(
          `select (ev_data::json ->> 'round')::int as round, count(*)::int from ${eventTable}
          where txid_visible_in_snapshot(ev_txid, $2) and not txid_visible_in_snapshot(ev_txid, $1) group by 1`,
          [from, to],
        )
        expect(
          rows.map((row) => row.round),
          `between ${from} and ${to}`,
        ).toEqual([round])
        seen += rows[0].count
      }
      expect(seen).toBeGreaterThan(rounds)
      expect(outcomes.refused).toBeGreaterThan(rounds)
    })

    test('a registration returns only after an insert under way, which was checked before it', async () => {
      await register(0)
      const context = createTestContext(publishing)
      const send = () => insertEvent(context, { database: 'main', queue: 'q', type: 't', json: { round: 0 } })
      await send()
      const waiting = async (application: string, event: string) => {
        const { rows } = await watcher.query(
          `select from pg_stat_activity where datname = current_database() and application_name = $1
            and (wait_event_type = $2 or wait_event = $2)`,
          [application, event],
        )
        return rows.length > 0
      }
      await observer.query(`begin; lock table ${eventTable} in share row exclusive mode`)
      const watcher = await fixture.connect()
      try {
        const sent = send()
        await until(() => waiting('pgq-graphql/writer', 'Lock'), 'the insert to wait')
        let isRegistered = false
        const registered = register(1).then(() => {
          isRegistered = true
        })
        await until(() => waiting('pgq-graphql/admin', 'PgSleep'), 'the registration to wait')
        expect(isRegistered).toBe(false)
        await observer.query('commit')
        await withDeadline(Promise.all([sent, registered]), 'both to end')
        await expect(send()).rejects.toMatchObject({ code: 'INVALID_PAYLOAD' })
      } finally {
        await watcher.end()
      }
    })

    test('events that share a statement when their type is registered are checked again, each by itself', async () => {
      const context = createTestContext(publishing)
      const send = (round: number) =>
        insertEvent(context, { database: 'main', queue: 'q', type: 't', json: { round } }).then(
          () => 'published',
          (error: PgqError) => error.code,
        )
      await observer.query(`begin; lock table ${eventTable} in share row exclusive mode`)
      const outcomes = [1, 0, 1, 0, 1].map(send)
      const registration = await fixture.connect()
      try {
        await until(async () => {
          const { rows } = await registration.query(
            `select from pg_stat_activity where datname = current_database()
              and application_name = 'pgq-graphql/writer' and wait_event_type = 'Lock'`,
          )
          return rows.length === 1
        }, 'the first event to wait alone')
        const schema = { type: 'object', properties: { round: { const: 0 } } }
        await registration.query(`select pgq_gateway.register_event_type('q', 't', 0, $1, false, true)`, [
          schema,
        ])
      } finally {
        await registration.end()
      }
      await observer.query('commit')
      // The first was checked before the registration, and sent alone.
      expect(await Promise.all(outcomes)).toEqual([
        'published',
        'published',
        'INVALID_PAYLOAD',
        'published',
        'INVALID_PAYLOAD',
      ])
      expect(statements.filter((name) => /insert|types/.test(name))).toEqual([
        'insert-events',
        // The rest is refused by SQL, types are loaded, then found to be those still.
        'insert-events',
        'enforced-event-types',
        'enforced-event-types',
        'insert-events',
      ])
    })

    test('a registration does not wait for an open transaction of plain SQL', async () => {
      await observer.query('begin')
      await observer.query(`select pgq_gateway.insert_events('q', array['t'], array['x'])`)
      await withDeadline(register(0), 'the registration')
      await observer.query('commit')
    })
  },
)
