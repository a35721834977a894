import { EventEmitter } from 'node:events'
import { backoffMs, sleep } from '../async/backoff.ts'
import { withDeadline } from '../async/deadline.ts'
import type { Database } from '../postgres/database.ts'
import { Life } from '../postgres/life.ts'
import { Session, type SessionLimits } from '../postgres/session.ts'
import { toError } from '../reason.ts'

export interface PresenceOptions extends SessionLimits {
  /** Longest time between signs of life, which also check that the session works (milliseconds). */
  signMs: number
  /** Longest delay between attempts to connect (milliseconds). */
  maxBackoffMs: number
}

interface PresenceEvents {
  /** The session is up, the first time or again. Before that, other gateways may have presumed this one dead. */
  present: []
  /** The session was lost, or could not be made. The next attempt follows, unless this was stopped. */
  absent: [reason: Error, wasPresent: boolean]
}

/**
 * Keeps one session per database that shows that this gateway is alive: its claims and the lead of its ticker are valid
 * while signs of life come from there.
 */
export class Presence extends EventEmitter<PresenceEvents> {
  readonly #database: Database
  readonly #use: (life: Life, signal: AbortSignal) => Promise<void>
  readonly #options: PresenceOptions
  readonly #stopping = new AbortController()
  #isPresent = false
  #running: Promise<void> | undefined

  /** @param use Works with the life's session; resolves soon after its signal, or rejects when it cannot go on. */
  constructor(
    database: Database,
    use: (life: Life, signal: AbortSignal) => Promise<void>,
    options: Partial<PresenceOptions> = {},
  ) {
    super()
    this.#database = database
    this.#use = use
    this.#options = { ...presenceDefaults, ...options }
  }

  get isPresent(): boolean {
    return this.#isPresent
  }

  /** Begins to connect and returns at once. */
  start(): void {
    this.#running ??= this.#run()
  }

  /** Ends the work on the session, then the session; resolves when the connection is closed. */
  async stop(): Promise<void> {
    this.#stopping.abort()
    await this.#running
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopping
    for (let attempt = 0; !signal.aborted; ) {
      const startedMs = performance.now()
      const { reason, wasPresent } = await this.#useOneSession()
      this.emit('absent', reason, wasPresent)
      if (signal.aborted) return
      await this.#database.isGone(reason).catch(() => false)
      // A server that accepts connections and ends them at once must not be asked more often.
      if (performance.now() - startedMs > this.#options.maxBackoffMs) attempt = 0
      // While statements are refused, this gateway holds nothing that it should be present for.
      do await sleep(backoffMs(attempt++, { firstMs: 100, maxMs: this.#options.maxBackoffMs }), signal)
      while (!this.#database.isReady && !signal.aborted)
    }
  }

  /** @returns The reason for its end, and whether it was up before. */
  async #useOneSession(): Promise<{ reason: Error; wasPresent: boolean }> {
    const { signal } = this.#stopping
    const { gatewayId, pooling } = this.#database
    // The sessions of a pooler keep the name after this gateway has ended, so that theirs says nothing about it.
    const name = `${pooling === 'shared' ? 'shared ' : ''}gateway ${gatewayId}`
    const session = new Session(this.#database.clientOptions(undefined, name), this.#options)
    const life = new Life(session, gatewayId)
    const cut = () => session.cut()
    signal.addEventListener('abort', cut)
    let wasPresent = false
    try {
      await session.open(() => session.client.connect())
      if (!session.isShared) await session.query(endStaleBackends)
      await session.set({ role: 'pgq_reader' })
      await life.begin()
      signal.removeEventListener('abort', cut)
      wasPresent = true
      this.#isPresent = true
      if (!signal.aborted) this.emit('present')
      await this.#work(life)
      return { reason: await session.lost, wasPresent }
    } catch (error) {
      return { reason: toError(error), wasPresent }
    } finally {
      this.#isPresent = false
      signal.removeEventListener('abort', cut)
      await session.close()
    }
  }

  /** Uses the session until it is lost or this stops; resolves when nothing uses it any more. */
  async #work(life: Life): Promise<void> {
    const { session } = life
    const ending = new AbortController()
    const end = () => ending.abort()
    this.#stopping.signal.addEventListener('abort', end)
    void session.lost.then(end)
    if (this.#stopping.signal.aborted) end()
    const lose = (error: unknown) => session.lose(toError(error))
    try {
      await Promise.all([
        this.#signRegularly(life, ending.signal).catch(lose),
        this.#use(life, ending.signal).catch(lose),
      ])
    } finally {
      this.#stopping.signal.removeEventListener('abort', end)
      await withDeadline(life.end(), this.#options.closeDeadlineMs, 'end of the life').catch(() => {})
      session.lose(new Error('this gateway ends'))
    }
  }

  /** Signs whenever nobody else has for a while. @throws when the database takes no sign. */
  async #signRegularly(life: Life, signal: AbortSignal): Promise<void> {
    for (;;) {
      const dueInMs = life.signedAtMs + this.#options.signMs - performance.now()
      if (dueInMs > 0) await sleep(dueInMs, signal)
      else await life.sign(null)
      if (signal.aborted) return
    }
  }
}

/**
 * Ends an older backend of this gateway that has not noticed the loss of its connection and still stands for it.
 * The application name contains the gateway's id.
 */
const endStaleBackends = `
  select pg_terminate_backend(a.pid)
    from pg_stat_activity a
   where a.datname = current_database()
     and a.application_name = current_setting('application_name')
     and a.usesysid = (select oid from pg_roles where rolname = session_user)
     and a.pid <> pg_backend_pid()`

const presenceDefaults: PresenceOptions = {
  connectDeadlineMs: 10_000,
  answerDeadlineMs: 5_000,
  closeDeadlineMs: 1_000,
  // The ticker that leads gives one each second, and so no more are needed there.
  signMs: 1_500,
  maxBackoffMs: 5_000,
}
