import { randomUUID } from 'node:crypto'
import { PgqError } from '../errors.ts'
import type { Session } from './session.ts'

interface SignRow {
  /** Null when the gateway was found dead. */
  leads: boolean | null
}

const giveSign = { name: 'sign_of_life', text: 'select pgq_gateway.sign_of_life($1, $2, $3) as leads' }

/**
 * Gives the signs of life of a gateway on a session. The database dates them, and counts the gateway as dead after 5 s
 * without one, or when the session is over: then others may take over its claims and its lead, and it has to begin again,
 * on another session. Where sessions are shared, a secret instead of the session tells whose signs they are, and only
 * `end` and silence tell of the end.
 */
export class Life {
  readonly session: Session
  readonly #gatewayId: number
  readonly #secret: string | null
  #signedAtMs = Number.NEGATIVE_INFINITY

  constructor(session: Session, gatewayId: number) {
    this.session = session
    this.#gatewayId = gatewayId
    this.#secret = session.isShared ? randomUUID() : null
  }

  /** Time at which the latest sign was asked for, by `performance.now()`. */
  get signedAtMs(): number {
    return this.#signedAtMs
  }

  /** Begins, after whoever is taking over what the gateway held before. @throws when the session fails. */
  async begin(): Promise<void> {
    this.#signedAtMs = performance.now()
    await this.session.query('select pgq_gateway.begin_life($1, $2)', [this.#gatewayId, this.#secret])
  }

  /** Lets others take over at once. Never throws: without that they do when no sign has come for a while. */
  async end(): Promise<void> {
    if (this.#secret === null || this.session.isOver) return
    await this.session
      .query('select pgq_gateway.end_life($1, $2)', [this.#gatewayId, this.#secret])
      .catch(() => {})
  }

  /**
   * Gives a sign.
   *
   * @param wish True asks for the lead of the tickers, false gives it up, null leaves it as it is.
   * @returns Whether this gateway leads.
   * @throws when the session fails, or is lost since the gateway was found dead.
   */
  async sign(wish: boolean | null): Promise<boolean> {
    const { leads } = await this.signBy<SignRow>(giveSign, [wish])
    return leads === true
  }

  /**
   * Gives a sign by a statement that does more than that.
   *
   * @param statement Takes the gateway's id before the values, and what proves the life after them; and returns one row
   *   with what `sign_of_life` returns.
   * @throws as `sign` does.
   */
  async signBy<Row extends SignRow>(
    { name, text }: { name: string; text: string },
    values: readonly unknown[],
  ): Promise<Row> {
    this.#signedAtMs = performance.now()
    const { rows } = await this.session.query<Row>(text, [this.#gatewayId, ...values, this.#secret], name)
    const [row] = rows
    if (row && row.leads !== null) return row
    const error = new PgqError(
      'TIMEOUT',
      'this gateway gave no sign of life for too long, and was found dead',
    )
    this.session.lose(error)
    throw error
  }
}
