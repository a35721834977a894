import fc from 'fast-check'
import { expect, it } from 'vitest'
import { availableEngines, createTestDatabase } from '../../support/database.ts'
import { Sessions } from '../sessions.ts'
import { randomRuns } from './runs.ts'

/** A statement in one of four sessions; `Q` stands for the queue, `B` for the newest batch that was given out. */
interface Call {
  session: string
  sql: string
}

const inSession = (session: string, ...texts: string[]) =>
  fc.constantFrom(...texts.map((sql) => ({ session, sql })))

const producers = ['p1', 'p2'].map((name) =>
  inSession(
    name,
    'begin',
    'commit',
    'rollback',
    'savepoint s',
    'rollback to s',
    'release s',
    `select pgq.insert_event('Q', 't', 'one')`,
    `select pgq.insert_event('Q', null, '', 'a', 'b', 'c', 'd')`,
    `select pgq.insert_event('nope', 't', 'd')`,
    `select pgq.insert_event('Q', 't', x::text) from generate_series(1, 3) x`,
    `insert into event_table (ev_time, ev_type, ev_data) values (now(), 't', 'copied') returning ev_id`,
  ),
)

const consumer = inSession(
  'consumer',
  ...['c', 'd', 'nope'].flatMap((name) => [
    `select pgq.next_batch('Q', '${name}')`,
    `select batch_id, cur_tick_id, prev_tick_id from pgq.next_batch_custom('Q', '${name}', null, 3, null)`,
    `select pgq.unregister_consumer('Q', '${name}')`,
    `select pgq.register_consumer('Q', '${name === 'nope' ? 'd' : name}')`,
  ]),
  `select pgq.register_consumer_at('Q', 'c', 2)`,
  `select pgq.register_consumer_at('Q', 'c', 99)`,
  `select ev_id || coalesce(ev_type, '-') || ev_data || coalesce(ev_retry, 0) from pgq.get_batch_events(B)`,
  `select ev_id from pgq.get_batch_cursor(B, 'walk', 2, 'ev_id > 2')`,
  `select pgq.finish_batch(B)`,
  `select pgq.finish_batch(B)`,
  `select pgq.event_retry(B, 1, 0)`,
  `select pgq.event_retry(B, 3, 60)`,
  `select pgq.batch_retry(B, 0)`,
  `select queue_name || consumer_name || tick_id from pgq.get_batch_info(B)`,
  `select pgq_coop.next_batch('Q', 'm', 'a')`,
  `select pgq_coop.next_batch('Q', 'm', 'b', '1 hour')`,
  `select pgq_coop.register_subconsumer('Q', 'm', 'c')`,
  `select pgq_coop.unregister_subconsumer('Q', 'm', 'a', 0)`,
  `select format('%s %s %s %s', consumer_name, last_tick, current_batch is null, next_tick) from pgq.get_consumer_info('Q')`,
)

const maintenance = inSession(
  'maintenance',
  `select pgq.ticker('Q')`,
  `select pgq.ticker('Q')`,
  `select pgq.ticker('Q')`,
  'select pgq.maint_retry_events()',
  `select pgq.force_tick('Q')`,
  // Both steps go together, because ours makes up for a forgotten second one (pitfall P10).
  `select pgq.maint_rotate_tables_step1('Q') then select pgq.maint_rotate_tables_step2()`,
  `select pgq.set_queue_config('Q', 'ticker_max_count', '10')`,
  `select last_tick_id from pgq.get_queue_info('Q')`,
)

const calls: fc.Arbitrary<Call[]> = fc.array(fc.oneof(...producers, consumer, consumer, maintenance), {
  minLength: 10,
  maxLength: 50,
})

/** Runs a sequence on one engine, and names batch ids by the order in which they came. */
class Side {
  readonly #sessions: Sessions
  readonly #queue: string
  readonly #batches: string[] = []
  #table = ''
  #isCoop = false

  constructor(sessions: Sessions, queue: string) {
    this.#sessions = sessions
    this.#queue = queue
  }

  async start(): Promise<void> {
    await this.#sessions.ask(
      `select pgq.create_queue('${this.#queue}');
       update pgq.queue set queue_ticker_max_lag = '0', queue_ticker_idle_period = '0', queue_rotation_period = '0'
        where queue_name = '${this.#queue}';
       select pgq.insert_event('${this.#queue}', 't', 'before')`,
    )
    // A tick comes first, because upstream takes a sequence used once for one never used (pitfall P5).
    await this.#sessions.ask(`select pgq.ticker('${this.#queue}')`)
    await this.#sessions.ask(`select pgq.register_consumer('${this.#queue}', 'c')`)
  }

  async call({ session, sql }: Call): Promise<unknown> {
    if (sql.includes('event_table')) {
      // Another session looks up the table; the window between this and the COPY is pitfall P2.
      const [table] = await this.#sessions.ask(`select pgq.current_event_table('${this.#queue}')`)
      this.#table = table ?? ''
    }
    const text = sql
      .replaceAll('Q', this.#queue)
      .replaceAll('(B', `(${this.#batches.at(-1) ?? '0'}`)
      .replace('event_table', this.#table)
      // Upstream's plain function breaks a member's row (section 7.2), so each kind of batch gets its own.
      .replace('pgq.finish_batch', this.#isCoop ? 'pgq_coop.finish_batch' : 'pgq.finish_batch')
    try {
      const [first = '', second] = text.split(' then ')
      const answer = await this.#sessions.askIn(session, first)
      if (second) await this.#sessions.askIn(session, second)
      if (!/next_batch/.test(sql) || answer[0] === null || answer[0] === undefined) return answer
      if (!this.#batches.includes(answer[0])) this.#batches.push(answer[0])
      if (answer[0] === this.#batches.at(-1)) this.#isCoop = sql.includes('pgq_coop')
      return `batch ${this.#batches.indexOf(answer[0])}`
    } catch (error) {
      return `error: ${String(error).replaceAll(this.#queue, 'Q')}`
    }
  }

  async end(): Promise<void> {
    for (const session of ['p1', 'p2']) await this.#sessions.askIn(session, 'rollback')
    await this.#sessions.ask(`select pgq.drop_queue('${this.#queue}', true)`)
  }
}

it.runIf(availableEngines.includes('extension-15'))(
  'ours and upstream answer random calls from several sessions alike',
  { timeout: 20 * 60_000 },
  async () => {
    await using ourDatabase = await createTestDatabase('sql-15')
    await using theirDatabase = await createTestDatabase('extension-15')
    await using ourSessions = new Sessions(ourDatabase)
    await using theirSessions = new Sessions(theirDatabase)
    let count = 0
    await fc.assert(
      fc.asyncProperty(calls, async (sequence) => {
        const queue = `q${++count}`
        const ours = new Side(ourSessions, queue)
        const theirs = new Side(theirSessions, queue)
        await ours.start()
        await theirs.start()
        try {
          for (const call of sequence) {
            const answers = [await ours.call(call), await theirs.call(call)]
            expect({ call, answer: answers[0] }).toEqual({ call, answer: answers[1] })
          }
        } finally {
          await ours.end()
          await theirs.end()
        }
      }),
      randomRuns('differential'),
    )
  },
)
