import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { startChild } from '../../support/child.ts'
import { availableEngines, createTestDatabase, sqlEngines } from '../../support/database.ts'
import { until } from '../../support/deadline.ts'
import { hasPeers, startPgqd } from '../../support/pgqd.ts'
import { temporaryDirectory } from '../../support/temporary-directory.ts'
import { Sessions, setup } from '../sessions.ts'

const script = (name: string) => fileURLToPath(new URL(name, import.meta.url))

// These tests mostly wait for pgqd's periods, so they run at the same time.
describe.runIf(hasPeers).concurrent.each(sqlEngines)('unmodified programs on %s', (engine) => {
  it('pgqd ticks, brings retries back and rotates', async () => {
    await using directory = await temporaryDirectory()
    await using database = await createTestDatabase(engine)
    await using sessions = new Sessions(database)
    await sessions.ask(setup)
    await sessions.ask(
      `update pgq.queue set queue_rotation_period = '1 ms';
       select pgq.insert_event('q', 't', 'to retry')`,
    )
    {
      await using pgqd = await startPgqd(directory.path, database.url)
      const nextBatch = () =>
        until(async () => (await sessions.ask(`select pgq.next_batch('q', 'c')`))[0], 'a tick by pgqd', {
          timeoutMs: 25_000,
          describe: () => `; it printed:\n${pgqd.output()}`,
        })
      /** Reads the next batch that is not empty. */
      const nextEvents = async () => {
        for (let batch = await nextBatch(); ; batch = await nextBatch()) {
          const events = await sessions.ask(
            `select ev_data || ' ' || coalesce(ev_retry, 0) from pgq.get_batch_events(${batch})`,
          )
          if (events.length > 0) return { batch, events }
          await sessions.ask(`select pgq.finish_batch(${batch})`)
        }
      }
      const first = await nextEvents()
      expect(first.events).toEqual(['to retry 0'])
      await sessions.ask(`select pgq.batch_retry(${first.batch}, 0); select pgq.finish_batch(${first.batch})`)
      const second = await nextEvents()
      expect(second.events).toEqual(['to retry 1'])
      await sessions.ask(`select pgq.finish_batch(${second.batch})`)
      await until(
        async () => {
          await sessions.consume()
          const [isRotated] = await sessions.ask(
            'select (queue_cur_table > 0 and queue_switch_step2 is not null)::int from pgq.queue',
          )
          return isRotated === '1'
        },
        'a rotation by pgqd',
        { timeoutMs: 25_000 },
      )
      expect(await readFile(join(directory.path, 'pgqd.log'), 'utf8')).not.toMatch(/ERROR|bad pgq version/)
    }
    await endOthers(sessions)
  }, 90_000)

  it.each(['plain', 'coop'])(
    'python3-pgq consumes and retries as a %s consumer',
    async (kind) => {
      await using directory = await temporaryDirectory()
      await using database = await createTestDatabase(engine)
      await using sessions = new Sessions(database)
      await sessions.ask(setup)
      const config = join(directory.path, 'consumer.ini')
      await writeFile(
        config,
        `[${kind}]
db = ${connectionString(database.url)}
queue_name = q
consumer_name = py
subconsumer_name = one
loop_delay = 0.1
logfile =
pidfile =
`,
      )
      const args = [script('consumer.py'), kind, config]
      await using registration = startChild('/usr/bin/python3', [...args, '--register'])
      expect(await registration.ended(60_000), registration.output()).toEqual({ code: 0, signal: null })
      await sessions.ask(
        `select pgq.insert_event('q', 'once', x::text, 'e1', null, null, null) from generate_series(1, 700) x`,
      )
      await sessions.ask(`select pgq.insert_event('q', 'again', 'äß "quoted"')`)
      await sessions.ask(`select pgq.ticker('q')`)
      {
        await using consumer = startChild('/usr/bin/python3', args)
        await consumer.printed(/event 701 again äß "quoted" None (None|0)\n/)
        await until(
          async () => (await sessions.ask('select pgq.maint_retry_events()'))[0] === '1',
          'the retry',
        )
        await sessions.ask(`select pgq.ticker('q')`)
        await consumer.printed(/event 701 again äß "quoted" None 1\n/)
        // The member prints before it finishes its batch, and cannot be unregistered while that is open.
        await until(
          async () => (await sessions.ask('select count(sub_batch) from pgq.subscription'))[0] === '0',
          'the end of the batch',
        )
        expect(consumer.output().match(/^event \d+ once \d+ e1 /gm)).toHaveLength(700)
      }
      await endOthers(sessions)
      const unregister = startChild('/usr/bin/python3', [...args, '--unregister'])
      expect(await unregister.ended(60_000), unregister.output()).toEqual({ code: 0, signal: null })
    },
    60_000,
  )

  it('python3-pgq inserts one event and many by COPY', async () => {
    await using database = await createTestDatabase(engine)
    await using sessions = new Sessions(database)
    await sessions.ask(setup)
    await using producer = startChild('/usr/bin/python3', [
      script('producer.py'),
      connectionString(database.url),
    ])
    expect(await producer.ended(60_000), producer.output()).toEqual({ code: 0, signal: null })
    await sessions.ask(`select pgq.ticker('q')`)
    const data = await sessions.consume()
    expect(data).toHaveLength(1001)
    expect([data[0], data[1], data[1000]]).toEqual(['data', 'row 0', 'row 999'])
  })
})

it.runIf(hasPeers && availableEngines.includes('sql-15'))(
  'a queue goes on after pg_dump and psql',
  async () => {
    await using source = await createTestDatabase('sql-15')
    await using sessions = new Sessions(source)
    await sessions.ask(setup)
    await sessions.ask(`select pgq_coop.register_subconsumer('q', 'm', 's')`)
    await sessions.ask(`select pgq.insert_event('q', 't', 'in a batch')`)
    await sessions.ask(`select pgq.ticker('q')`)
    const [batch] = await sessions.ask(`select pgq.next_batch('q', 'c')`)
    await sessions.ask(`select pgq.event_retry(${batch}, 1, 0)`)
    await sessions.ask(`select pgq.insert_event('q', 't', 'not ticked')`)
    await using dump = startChild('pg_dump', ['--dbname', source.url])
    expect(await dump.ended(60_000), dump.stderr()).toEqual({ code: 0, signal: null })

    await using target = await createTestDatabase('sql-15')
    await using restored = new Sessions(target)
    await restored.ask(
      'drop schema pgq cascade; drop schema pgq_coop cascade; drop schema pgq_gateway cascade; drop schema pgq_ext cascade',
    )
    await using psql = startChild(
      'psql',
      ['--dbname', target.url, '--quiet', '--no-psqlrc', '-v', 'ON_ERROR_STOP=1'],
      { input: dump.stdout() },
    )
    expect(await psql.ended(60_000), psql.output()).toEqual({ code: 0, signal: null })

    const reopened = await target.open({ engine: 'auto' })
    expect(reopened.facts).toMatchObject({ engine: 'SQL', hasTickTrigger: true })
    await reopened.close()
    expect(await restored.ask(`select pgq.next_batch('q', 'c')`)).toEqual([batch])
    expect(await restored.ask(`select pgq.insert_event('q', 't', 'restored')`)).toEqual(['3'])
    await restored.ask('select pgq.maint_retry_events()')
    await restored.ask(`select pgq.ticker('q')`)
    expect((await restored.consume()).sort()).toEqual(['in a batch', 'in a batch', 'not ticked', 'restored'])
    const [coopBatch] = await restored.ask(`select pgq_coop.next_batch('q', 'm', 's')`)
    expect(await restored.ask(`select ev_data from pgq.get_batch_events(${coopBatch})`)).toEqual([
      'in a batch',
    ])
  },
)

/** Converts a URL to libpq's keyword form, which Python needs. */
function connectionString(url: string): string {
  const { hostname, port, username, pathname } = new URL(url)
  return `host=${hostname} port=${port} user=${username} dbname=${pathname.slice(1)}`
}

/** Waits for the end of other connections; a killed program's lives on for a moment. */
async function endOthers(sessions: Sessions): Promise<void> {
  await sessions.ask(
    'select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()',
  )
}
