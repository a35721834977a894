import fc from 'fast-check'
import type { Sessions } from '../sessions.ts'

/** An action on a queue; `session` is one of three producers. */
export type Action =
  | { kind: 'begin'; session: number; level: string }
  | { kind: 'insert' | 'table' | 'copy' | 'insertAndUndo' | 'commit' | 'rollback'; session: number }
  | { kind: 'tick' | 'oldTicker' | 'oldTick' | 'step1' | 'step2' | 'bothSteps' | 'moveRetries' | 'force' }
  | { kind: 'open' | 'finish' | 'retry' | 'takeOver'; who: string }

const levels = ['read committed', 'repeatable read', 'serializable']
const session = fc.integer({ min: 0, max: 2 })
const kinds = <Kind extends string>(...values: Kind[]) => fc.constantFrom(...values)

export const actions: fc.Arbitrary<Action[]> = fc.array(
  fc.oneof(
    {
      weight: 3,
      arbitrary: fc.record({ kind: fc.constant('begin' as const), session, level: kinds(...levels) }),
    },
    {
      weight: 6,
      arbitrary: fc.record({ kind: kinds('insert', 'insert', 'table', 'copy', 'insertAndUndo'), session }),
    },
    { weight: 3, arbitrary: fc.record({ kind: kinds('commit', 'commit', 'rollback'), session }) },
    {
      weight: 7,
      arbitrary: fc.record({
        kind: kinds(
          'tick',
          'tick',
          'oldTicker',
          'oldTick',
          'step1',
          'step2',
          'bothSteps',
          'moveRetries',
          'force',
        ),
      }),
    },
    {
      weight: 6,
      arbitrary: fc.record({
        kind: kinds('open', 'finish', 'retry', 'takeOver'),
        who: kinds('c', 'late', 'm.a', 'm.b'),
      }),
    },
  ),
  { minLength: 10, maxLength: 60 },
)

interface Producer {
  isOpen: boolean
  table: string | undefined
  pending: string[]
}

/** Records deliveries to one position: a plain consumer, or a cooperative group. */
class Position {
  readonly first = new Map<string, number>()
  readonly retried = new Map<string, number>()
  readonly asked = new Map<string, number>()
}

/**
 * Applies actions to queue `q` and records the events committed and finished. Actions that make no sense at the moment,
 * such as a commit without a transaction, do nothing.
 */
export class Model {
  readonly #sessions: Sessions
  readonly #queue: string
  readonly #producers: Producer[] = [0, 1, 2].map(() => ({ isOpen: false, table: undefined, pending: [] }))
  readonly #committed: string[] = []
  readonly #positions = new Map([
    ['c', new Position()],
    ['late', new Position()],
    ['m', new Position()],
  ])
  /** Batch ids by their holder. */
  readonly #open = new Map<string, string>()
  /** A ticker's transaction is open whose snapshot is some actions old. */
  #hasOldTicker = false
  #count = 0

  constructor(sessions: Sessions, queue: string) {
    this.#sessions = sessions
    this.#queue = queue
  }

  async start(): Promise<void> {
    const q = this.#queue
    await this.#sessions.ask(
      `select pgq.create_queue('${q}');
       update pgq.queue set queue_ticker_max_lag = '0', queue_ticker_idle_period = '0', queue_rotation_period = '0'
        where queue_name = '${q}';
       select pgq.register_consumer('${q}', 'c'), pgq.register_consumer('${q}', 'late'),
              pgq_coop.register_subconsumer('${q}', 'm', 'a'), pgq_coop.register_subconsumer('${q}', 'm', 'b')`,
    )
  }

  async apply(action: Action): Promise<void> {
    const q = this.#queue
    switch (action.kind) {
      case 'tick':
        await this.#sessions.ask(`select pgq.ticker('${q}')`)
        return
      case 'force':
        await this.#sessions.ask(`select pgq.force_tick('${q}')`)
        return
      case 'oldTicker':
        if (this.#hasOldTicker) return
        this.#hasOldTicker = true
        await this.#sessions.askIn(
          'ticker',
          'begin isolation level repeatable read; select count(*) from pgq.tick',
        )
        return
      case 'oldTick':
        if (!this.#hasOldTicker) return
        this.#hasOldTicker = false
        await this.#oldTick()
        return
      case 'step1':
        await this.#sessions.ask(`select pgq.maint_rotate_tables_step1('${q}')`)
        return
      case 'step2':
        await this.#sessions.ask('select pgq.maint_rotate_tables_step2()')
        return
      case 'bothSteps':
        await this.#sessions.ask(
          `begin; select pgq.maint_rotate_tables_step1('${q}'); select pgq.maint_rotate_tables_step2(); commit`,
        )
        return
      case 'moveRetries':
        await this.#sessions.ask('select pgq.maint_retry_events()')
        return
      case 'open':
      case 'takeOver':
        return this.#openBatch(action.who, action.kind === 'takeOver')
      case 'finish':
        return this.#finish(action.who)
      case 'retry':
        return this.#retry(action.who)
      default:
        return this.#produce(action)
    }
  }

  /** Ticks in the old transaction; PostgreSQL refuses that after a rotation has changed the queue's row. */
  async #oldTick(): Promise<void> {
    const failure = await this.#sessions.failure('ticker', `select pgq.ticker('${this.#queue}'); commit`)
    if (failure === null) return
    await this.#sessions.askIn('ticker', 'rollback')
    if (failure !== '40001') throw new Error(`the old ticker failed with ${failure}`)
  }

  async #produce(action: Extract<Action, { session: number }>): Promise<void> {
    const producer = this.#producers[action.session]
    if (!producer) return
    const name = `producer ${action.session}`
    const data = `e${++this.#count}`
    const insert = `select pgq.insert_event('${this.#queue}', 't', '${data}')`
    let sql: string
    switch (action.kind) {
      case 'begin':
        if (producer.isOpen) return
        // The first statement takes the snapshot that the higher levels keep.
        sql = `begin isolation level ${action.level}; select count(*) from pgq.queue`
        producer.isOpen = true
        break
      case 'insert':
        sql = insert
        producer.pending.push(data)
        break
      case 'insertAndUndo':
        if (!producer.isOpen) return
        sql = `savepoint s; ${insert}; rollback to s`
        break
      case 'table':
        if (!producer.isOpen) return
        sql = `select pgq.current_event_table('${this.#queue}')`
        break
      case 'copy':
        if (!producer.table) return
        sql = `insert into ${producer.table} (ev_time, ev_type, ev_data) values (now(), 't', '${data}')`
        producer.pending.push(data)
        break
      case 'rollback':
      case 'commit':
        if (!producer.isOpen) return
        sql = action.kind
        if (action.kind === 'rollback') producer.pending = []
        producer.isOpen = false
        break
    }
    const failure = await this.#sessions.failure(name, action.kind === 'table' ? 'select 1' : sql)
    if (failure === null && action.kind === 'table') {
      const table = await this.#sessions.askIn(name, sql).catch(() => undefined)
      if (!table) return this.#abandon(producer, name)
      producer.table = table[0] ?? undefined
      return
    }
    if (failure !== null) return this.#abandon(producer, name)
    if (!producer.isOpen) {
      this.#committed.push(...producer.pending)
      producer.pending = []
      producer.table = undefined
    }
  }

  /** Forgets a transaction that failed with 40001 or the like, of which nothing is committed. */
  async #abandon(producer: Producer, name: string): Promise<void> {
    if (producer.isOpen) await this.#sessions.askIn(name, 'rollback')
    producer.isOpen = false
    producer.pending = []
    producer.table = undefined
  }

  async #openBatch(who: string, isTakeover: boolean): Promise<void> {
    const [consumer, member] = who.split('.')
    const dead = isTakeover ? `'0 s'` : 'null'
    const [batch] = await this.#sessions.ask(
      member
        ? `select pgq_coop.next_batch('${this.#queue}', '${consumer}', '${member}', ${dead})`
        : `select pgq.next_batch('${this.#queue}', '${consumer}')`,
    )
    if (batch === null || batch === undefined) return
    for (const [holder, held] of this.#open) if (held === batch) this.#open.delete(holder)
    this.#open.set(who, batch)
  }

  #position(who: string): Position {
    const position = this.#positions.get(who.split('.')[0] ?? '')
    if (!position) throw new Error(`nobody is called ${who}`)
    return position
  }

  async #finish(who: string): Promise<void> {
    const batch = this.#open.get(who)
    if (batch === undefined) return
    this.#open.delete(who)
    const position = this.#position(who)
    const rows = await this.#sessions.ask(
      `select ev_data || ':' || coalesce(ev_retry, 0) from pgq.get_batch_events(${batch})`,
    )
    const [isDone] = await this.#sessions.ask(
      who.includes('.') ? `select pgq_coop.finish_batch(${batch})` : `select pgq.finish_batch(${batch})`,
    )
    if (isDone !== '1') throw new Error(`batch ${batch} of ${who} could not be finished`)
    for (const row of rows) {
      const [data = '', retry] = (row ?? '').split(':')
      const counts = retry === '0' ? position.first : position.retried
      counts.set(data, (counts.get(data) ?? 0) + 1)
    }
  }

  async #retry(who: string): Promise<void> {
    const batch = this.#open.get(who)
    if (batch === undefined) return
    const [event] = await this.#sessions.ask(
      `select ev_id || ':' || ev_data from pgq.get_batch_events(${batch}) limit 1`,
    )
    const [id, data] = event?.split(':') ?? []
    if (!id || !data) return
    const [queued] = await this.#sessions.ask(`select pgq.event_retry(${batch}, ${id}, 0)`)
    const { asked } = this.#position(who)
    if (queued === '1') asked.set(data, (asked.get(data) ?? 0) + 1)
  }

  /** Ends all that is open and consumes until nothing comes any more. */
  async settle(): Promise<void> {
    for (const session of [0, 1, 2]) await this.apply({ kind: 'commit', session })
    await this.apply({ kind: 'oldTick' })
    for (let round = 0; round < 3; round++) {
      await this.apply({ kind: 'moveRetries' })
      await this.apply({ kind: 'moveRetries' })
      await this.apply({ kind: 'tick' })
      for (const who of ['c', 'late', 'm.a', 'm.b']) {
        for (;;) {
          await this.#openBatch(who, false)
          if (!this.#open.has(who)) break
          await this.#finish(who)
        }
      }
    }
  }

  /** Returns a sentence for each broken promise. */
  complaints(): string[] {
    const complaints: string[] = []
    const committed = new Set(this.#committed)
    for (const [who, { first, retried, asked }] of this.#positions) {
      for (const data of committed) if (!first.has(data)) complaints.push(`${who} never got ${data}`)
      for (const [data, times] of first) {
        if (!committed.has(data)) complaints.push(`${who} got ${data}, which was not committed`)
        if (times !== 1) complaints.push(`${who} got ${data} ${times} times`)
      }
      for (const data of new Set([...retried.keys(), ...asked.keys()])) {
        if (retried.get(data) !== asked.get(data)) {
          complaints.push(
            `${who} got ${data} back ${retried.get(data) ?? 0} times, not ${asked.get(data) ?? 0}`,
          )
        }
      }
    }
    return complaints
  }
}
