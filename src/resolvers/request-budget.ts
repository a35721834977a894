import { setImmediate as nextTurn } from 'node:timers/promises'
import { loopTurns } from '../async/loop-turns.ts'
import { PgqError } from '../errors.ts'
import type { AnswerTurn } from '../memory/answer-turn.ts'
import type { Memory } from '../memory/memory.ts'

/** Fields that a request completes before others have their turn: some 10 ms of work. */
const FIELDS_PER_TURN = 5_000

/** Lists of an answer with more fields than this wait for a turn. */
const LARGE_FIELDS = 20_000

/** Statements of one request that run at the same time. */
const MAX_STATEMENTS_AT_ONCE = 4

export interface BudgetLimits {
  /** Maximum number of fields in one answer, counted as `maxCost` is. */
  maxCost: number
  /** Maximum size of the events on one page (bytes); an answer has room for two such pages. */
  maxEventBytes: number
  /** Maximum number of events in all lists of one kind: those to insert, to retry, to give up, to publish. */
  maxEventsPerRequest: number
}

/**
 * Bounds what one request takes, over all of its fields: fields of the answer, events, statements at once, and time
 * without a turn for others. All of it ends when nobody waits for the answer any more.
 */
export class RequestBudget {
  readonly #limits: BudgetLimits
  readonly #isWanted: () => boolean
  #fields = 0
  readonly #events = new Map<string, number>()
  #characters = 0
  #fieldsThisTurn = 0
  #nextTurn: Promise<void> | undefined
  #running = 0
  readonly #waiting: (() => void)[] = []
  readonly #pages: AnswerTurn | undefined
  readonly #lists: AnswerTurn | undefined

  /**
   * Counts events that are to be published, before they are; undefined where nobody counts them.
   *
   * @throws PgqError `LIMIT_EXCEEDED` where the caller has published too many.
   */
  readonly spendPublished: (count: number) => Promise<void> | undefined

  /**
   * @param isWanted Says whether somebody still waits for the answer.
   * @param turns Whose turns a large answer takes, until `end`. Default: it waits for none.
   */
  constructor(
    limits: BudgetLimits,
    isWanted: () => boolean = () => true,
    turns?: { memory: Memory; client: string },
    spendPublished: (count: number) => Promise<void> | undefined = () => undefined,
  ) {
    this.spendPublished = spendPublished
    this.#limits = limits
    this.#isWanted = isWanted
    if (!turns) return
    const { memory, client } = turns
    this.#pages = memory.pageTurn(client, limits.maxEventBytes)
    this.#lists = memory.listTurn(client, limits.maxCost)
  }

  /** Waits until a large page of events may be read. @throws PgqError `UNAVAILABLE` after a long wait. */
  async beginLargePage(): Promise<void> {
    await this.#pages?.begin()
    this.#checkWanted()
  }

  /** Says that the answer is made. */
  end(): void {
    this.#pages?.end()
    this.#lists?.end()
  }

  /** Counts entries of a list of the input, over all fields with such a list. @throws PgqError `LIMIT_EXCEEDED`. */
  spendEvents(list: string, count: number): void {
    const total = (this.#events.get(list) ?? 0) + count
    this.#events.set(list, total)
    const { maxEventsPerRequest } = this.#limits
    if (total <= maxEventsPerRequest) return
    const message = `${list} holds ${total} entries, at most ${maxEventsPerRequest} go into one request; send several`
    throw new PgqError('LIMIT_EXCEEDED', message, { field: list })
  }

  /**
   * Counts characters of events in the answer.
   *
   * @throws PgqError `LIMIT_EXCEEDED` past those of two pages, but for the first: every event can be read.
   */
  spendCharacters(count: number): void {
    const isFirst = this.#characters === 0
    this.#characters += count
    if (!isFirst) this.#checkCharacters()
  }

  /**
   * Hands out the rows of a list at the pace at which the request may complete them, each of `width` fields.
   *
   * @throws PgqError `LIMIT_EXCEEDED` past the limit; `UNAVAILABLE` when nobody waits for the answer.
   */
  pace<Row>(
    rows: readonly Row[],
    width: number,
  ): readonly (Row | Promise<Row>)[] | Promise<readonly (Row | Promise<Row>)[]> {
    const count = rows.length * width
    this.#spendFields(count)
    if (this.#lists && this.#fields > LARGE_FIELDS)
      return this.#lists.begin().then(() => this.#paced(rows, width))
    return this.#paced(rows, width)
  }

  #paced<Row>(
    rows: readonly Row[],
    width: number,
  ): readonly (Row | Promise<Row>)[] | Promise<readonly Row[]> {
    const count = rows.length * width
    if (count <= FIELDS_PER_TURN) return this.#turn(count)?.then(() => rows) ?? rows
    const perTurn = Math.max(1, Math.floor(FIELDS_PER_TURN / width))
    let turn: Promise<void> | undefined
    return rows.map((row, index) => {
      if (index % perTurn === 0)
        turn = turn ? turn.then(() => this.#turn(perTurn * width)) : this.#turn(count)
      return turn?.then(() => row) ?? row
    })
  }

  #spendFields(count: number): void {
    this.#checkWanted()
    this.#fields += count
    const { maxCost } = this.#limits
    if (this.#fields > maxCost) {
      throw new PgqError(
        'LIMIT_EXCEEDED',
        `The answer has more than ${maxCost} fields; ask for smaller pages with first, or send several requests`,
      )
    }
  }

  /** Resolves when there is room for these fields in a turn; undefined where there is now. */
  #turn(count: number): Promise<void> | undefined {
    if (this.#fieldsThisTurn === 0 || this.#fieldsThisTurn + count <= FIELDS_PER_TURN) {
      this.#fieldsThisTurn += count
      return undefined
    }
    this.#nextTurn ??= this.#anotherTurn().then(() => {
      this.#fieldsThisTurn = 0
      this.#nextTurn = undefined
    })
    return this.#nextTurn.then(() => {
      this.#checkWanted()
      return this.#turn(count)
    })
  }

  /** Waits for a later turn of the event loop in which other requests leave time for this one. */
  async #anotherTurn(): Promise<void> {
    await nextTurn()
    await loopTurns.next()
  }

  /** Runs a part of the request that asks the database; only a few such parts run at once. */
  async run<Value>(part: () => Promise<Value> | Value): Promise<Value> {
    if (this.#running >= MAX_STATEMENTS_AT_ONCE) {
      await new Promise<void>((resolve) => this.#waiting.push(resolve))
    } else this.#running++
    try {
      this.#checkWanted()
      this.#checkCharacters()
      return await part()
    } finally {
      const next = this.#waiting.shift()
      if (next) next()
      else this.#running--
    }
  }

  #checkCharacters(): void {
    const max = 2 * this.#limits.maxEventBytes
    if (this.#characters <= max) return
    const message = `The events of one answer are larger together than ${max} bytes; ask for fewer pages at once`
    throw new PgqError('LIMIT_EXCEEDED', message)
  }

  #checkWanted(): void {
    if (!this.#isWanted()) throw new PgqError('UNAVAILABLE', 'The client left before its answer was ready')
  }
}
