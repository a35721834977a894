import { describe, expect, it } from 'vitest'
import { availableEngines, createTestDatabase } from '../support/database.ts'
import { until } from '../support/deadline.ts'
import { Sessions, setup } from './sessions.ts'

const batchOf = (member: string, deadInterval = 'null') =>
  `select pgq_coop.next_batch('q', 'm', '${member}', ${deadInterval})`
const silence = (member: string, seconds: number) =>
  `update pgq.subscription set sub_active = now() - interval '${seconds} s'
    where sub_consumer = (select co_id from pgq.consumer where co_name = 'm.${member}')`
const names = 'select co_name from pgq.subscription join pgq.consumer on co_id = sub_consumer order by 1'

describe.each(availableEngines)('cooperative consumers on %s', (engine) => {
  it('keep idle members, however long they are silent', async () => {
    await using database = await createTestDatabase(engine)
    await using sessions = new Sessions(database)
    await sessions.ask(`${setup}; select pgq_coop.register_subconsumer('q', 'm', 'idle')`)
    await sessions.ask(silence('idle', 3600))
    await sessions.ask(batchOf('busy', `'1 second'`))
    expect(await sessions.ask(names)).toEqual(['c', 'm', 'm.busy', 'm.idle'])
  })

  it('lose a batch to a takeover in the order of their silence, and stay members', async () => {
    await using database = await createTestDatabase(engine)
    await using sessions = new Sessions(database)
    await sessions.ask(`${setup}; select pgq_coop.register_subconsumer('q', 'm', 'a')`)
    for (const member of ['a', 'b']) {
      await sessions.ask(`select pgq.ticker('q')`)
      await sessions.ask(batchOf(member))
    }
    await sessions.ask(`${silence('a', 60)}; ${silence('b', 120)}`)
    const [first] = await sessions.ask(batchOf('c', `'1 second'`))
    const [second] = await sessions.ask(batchOf('d', `'1 second'`))
    expect([first, second]).toEqual(['2', '1'])
    expect(await sessions.ask(names)).toEqual(['c', 'm', 'm.a', 'm.b', 'm.c', 'm.d'])
  })

  it('do not take over a batch that is being finished', async () => {
    await using database = await createTestDatabase(engine)
    await using sessions = new Sessions(database)
    await sessions.ask(`${setup}; select pgq_coop.register_subconsumer('q', 'm', 'a')`)
    await sessions.ask(`select pgq.ticker('q')`)
    await sessions.ask(batchOf('a'))
    await sessions.ask(silence('a', 60))
    await sessions.askIn('a', 'begin; select pgq_coop.finish_batch(1)')
    expect(await sessions.ask(batchOf('b', `'1 second'`))).toEqual([null])
    await sessions.askIn('a', 'commit')
    expect(await sessions.ask(batchOf('b', `'1 second'`))).toEqual([null])
  })

  it('get different batches when they ask at once, each event once', async () => {
    await using database = await createTestDatabase(engine)
    await using sessions = new Sessions(database)
    await sessions.ask(`${setup}; select pgq_coop.register_subconsumer('q', 'm', 'a')`)
    for (let i = 0; i < 4; i++) {
      await sessions.ask(`select pgq.insert_event('q', 't', '${i}')`)
      await sessions.ask(`select pgq.ticker('q')`)
    }
    const members = ['a', 'b', 'c', 'd']
    const batches = await Promise.all(members.map((member) => sessions.askIn(member, batchOf(member))))
    expect(new Set(batches.flat()).size).toBe(4)
    const data = await Promise.all(
      batches.flat().map((batch) => sessions.ask(`select ev_data from pgq.get_batch_events(${batch})`)),
    )
    expect(data.flat().sort()).toEqual(['0', '1', '2', '3'])
  })

  it('register one name twice at once without an error', async () => {
    await using database = await createTestDatabase(engine)
    await using sessions = new Sessions(database)
    await sessions.ask(`${setup}; select pgq_coop.register_subconsumer('q', 'm', 'a')`)
    const [first] = await sessions.askIn('one', `begin; select pgq_coop.register_subconsumer('q', 'm', 'b')`)
    const second = sessions.askIn('two', `select pgq_coop.register_subconsumer('q', 'm', 'b')`)
    await until(() => sessions.isBlocked('two'), 'the second registration to wait')
    await sessions.askIn('one', 'commit')
    expect([first, ...(await second)]).toEqual(['1', '0'])
  })

  it('give the events of a closed member to the group again', async () => {
    await using database = await createTestDatabase(engine)
    await using sessions = new Sessions(database)
    await sessions.ask(`${setup}; select pgq_coop.register_subconsumer('q', 'm', 'a')`)
    await sessions.ask(`select pgq.insert_event('q', 't', 'handed over')`)
    await sessions.ask(`select pgq.ticker('q')`)
    await sessions.ask(batchOf('a'))
    await sessions.ask(`select pgq_coop.unregister_subconsumer('q', 'm', 'a', 1)`)
    await sessions.ask('select pgq.maint_retry_events()')
    await sessions.ask(`select pgq.ticker('q')`)
    const [batch] = await sessions.ask(batchOf('b'))
    expect(await sessions.ask(`select ev_data from pgq.get_batch_events(${batch})`)).toEqual(['handed over'])
    expect(await sessions.ask(names)).toEqual(['c', 'm', 'm.b'])
  })

  it('never use the row of a plain consumer whose name has a dot', async () => {
    await using database = await createTestDatabase(engine)
    await using sessions = new Sessions(database)
    await sessions.ask(`${setup}; select pgq.register_consumer('q', 'x.y')`)
    expect(await sessions.failure('main', `select pgq_coop.next_batch('q', 'x', 'y')`)).toBe('PQ012')
    expect(await sessions.failure('main', `select pgq_coop.unregister_subconsumer('q', 'x', 'y', 1)`)).toBe(
      'PQ012',
    )
    await sessions.ask(`select pgq.ticker('q')`)
    expect(await sessions.ask(`select pgq.next_batch('q', 'x.y')`)).toEqual(['1'])
  })
})
