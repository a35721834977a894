import { setTimeout as delay } from 'node:timers/promises'
import { request, type Subscription, subscribe, type Transport } from '../support/graphql.ts'
import type { Random } from '../support/random.ts'
import { type Delivery, type Ledger, ledgerFields } from './ledger.ts'

export interface WorkerOptions {
  name: string
  consumer: string
  subconsumer?: string
  standby?: boolean
  transport: Transport
  random: Random
  /** Returns the endpoints that are alive now. */
  urls: () => readonly string[]
  ledger: Ledger
  /** Longest work on one batch in fifty; the others are quick. Default 0: all are. */
  slowMs?: number
}

/** Errors that a gateway may give a worker during faults. */
const passing = /CONSUMER_BUSY|UNAVAILABLE|TIMEOUT/

/** A consumer that works on one batch after another, settles each through any gateway, and reconnects for ever. */
export class Worker {
  readonly #options: WorkerOptions
  readonly #running: Promise<void>
  readonly #stopping = new AbortController()
  #subscription: Subscription | undefined
  #url = ''
  /** Errors that no gateway should give. */
  readonly errors: string[] = []

  constructor(options: WorkerOptions) {
    this.#options = options
    this.#running = this.#run()
  }

  /** The gateway that its stream goes through. */
  get url(): string {
    return this.#url
  }

  /** Breaks its connection, as its death would. The worker goes on with its batch, since it does not know yet. */
  async disconnect(): Promise<void> {
    // A connection under way may fail.
    await this.#subscription?.stop().catch(() => {})
  }

  async stop(): Promise<void> {
    this.#stopping.abort()
    await this.disconnect()
    await this.#running
  }

  get #isStopped(): boolean {
    return this.#stopping.signal.aborted
  }

  async #run(): Promise<void> {
    const { random, urls } = this.#options
    while (!this.#isStopped) {
      const alive = urls()
      if (alive.length > 0) {
        this.#url = random.pick(alive)
        await this.#consume(this.#url).catch((error: unknown) => this.#note(String(error)))
        await this.disconnect()
      }
      await this.#pause(20 + random.below(80))
    }
  }

  /** Records an error unless faults explain it. */
  #note(error: string): void {
    if (/the subscription failed/.test(error) && !passing.test(error)) this.errors.push(error)
  }

  async #consume(url: string): Promise<void> {
    const { consumer, subconsumer, standby, transport, ledger, name, random, slowMs = 0 } = this.#options
    const subscription = subscribe(
      transport,
      url,
      `subscription ($input: BatchesInput!) { batches(input: $input) { ${ledgerFields} } }`,
      {
        input: {
          queue: 'q',
          consumer,
          ...(subconsumer && { subconsumer, deadIntervalSeconds: 1 }),
          standby: standby ?? false,
        },
      },
    )
    this.#subscription = subscription
    while (!this.#isStopped) {
      const { batches: batch } = await subscription.nextData(120_000)
      const delivery = ledger.receive(consumer, name, batch)
      // Some work takes longer than the dead interval.
      await this.#pause(random.below(random.next() < 0.02 ? Math.max(slowMs, 30) : 30))
      await this.#settle(delivery)
    }
  }

  /** Settles through any gateway, until one answers. */
  async #settle(delivery: Delivery): Promise<void> {
    const { random, urls, ledger } = this.#options
    const input = { batchId: delivery.batchId, leaseToken: delivery.leaseToken }
    while (!this.#isStopped) {
      const alive = urls()
      if (alive.length > 0) {
        delivery.sentAt ??= performance.now()
        const result = await request(
          random.pick(alive),
          'mutation ($input: FinishBatchInput!) { finishBatch(input: $input) { finished } }',
          { input },
          AbortSignal.any([this.#stopping.signal, AbortSignal.timeout(5_000)]),
        ).catch(() => undefined)
        const code = result?.errors?.[0]?.extensions.code
        // An answer of false means that an earlier attempt worked and its answer was lost.
        if (result?.data) return ledger.settle(delivery, 'finished')
        if (code === 'STALE_LEASE') return ledger.settle(delivery, 'stale')
        if (code && !passing.test(code)) this.errors.push(`${this.#options.name} settles: ${code}`)
      }
      await this.#pause(25)
    }
    ledger.settle(delivery, 'given up')
  }

  async #pause(ms: number): Promise<void> {
    await delay(ms, undefined, { signal: this.#stopping.signal }).catch(() => {})
  }
}
