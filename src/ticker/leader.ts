import { EventEmitter } from 'node:events'
import type pg from 'pg'
import { backoffMs, sleep } from '../async/backoff.ts'
import { leaderLockClass } from '../postgres/advisory-locks.ts'
import { Session, type SessionLimits } from '../postgres/session.ts'

export interface LeaderOptions extends SessionLimits {
  /** Asked for anew before each attempt. */
  connectionConfig: () => pg.ClientConfig
  /** Between attempts to become the leader. Milliseconds. */
  standbyMs: number
  /** Between attempts to connect, at most. Milliseconds. */
  maxBackoffMs: number
  /** Runs while this session leads; ends at the signal, or throws when the session fails. */
  lead: (session: Session, signal: AbortSignal) => Promise<void>
}

interface LeaderEvents {
  /** Connected; another session leads. Emitted at each attempt that finds it so. */
  standby: []
  leading: []
  /** The session is lost; `lead` has ended. */
  failed: [error: Error]
}

/**
 * Makes one session per database the leader, by a session's advisory lock: PostgreSQL gives it up the moment that it
 * notices the session's end, and standbys ask for it every `standbyMs`. They ask rather than wait for it because a
 * statement that waits would hold back VACUUM.
 */
export class Leader extends EventEmitter<LeaderEvents> {
  readonly #options: LeaderOptions

  constructor(options: LeaderOptions) {
    super()
    this.#options = options
  }

  /** Stands by and leads, through losses of the connection, until the signal. */
  async run(signal: AbortSignal): Promise<void> {
    for (let attempt = 0; !signal.aborted; ) {
      const session = new Session(this.#options.connectionConfig(), this.#options)
      const onAbort = () => session.cut()
      signal.addEventListener('abort', onAbort)
      try {
        await session.open(() => session.client.connect())
        signal.removeEventListener('abort', onAbort)
        await this.#becomeLeader(session, signal)
        attempt = 0
        if (!signal.aborted) await this.#lead(session, signal)
      } catch (error) {
        if (!signal.aborted) this.emit('failed', error instanceof Error ? error : new Error(String(error)))
      } finally {
        signal.removeEventListener('abort', onAbort)
        await session.close()
      }
      if (signal.aborted) return
      await sleep(backoffMs(attempt++, { firstMs: 100, maxMs: this.#options.maxBackoffMs }), signal)
    }
  }

  async #becomeLeader(session: Session, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const { rows } = await session.query<{ leads: boolean }>(
        'select pg_try_advisory_lock($1, $2) as leads',
        [leaderLockClass, 0],
      )
      if (rows[0]?.leads) return
      this.emit('standby')
      await sleep(this.#options.standbyMs, signal)
    }
  }

  async #lead(session: Session, signal: AbortSignal): Promise<void> {
    // The end of the session ends the leadership even where `lead` would not notice.
    const leading = new AbortController()
    const onAbort = () => leading.abort()
    signal.addEventListener('abort', onAbort)
    void session.lost.then(onAbort)
    try {
      this.emit('leading')
      await this.#options.lead(session, leading.signal)
      if (!signal.aborted) throw await session.lost
    } finally {
      signal.removeEventListener('abort', onAbort)
    }
  }
}
