import { setTimeout as delay } from 'node:timers/promises'
import { type Data, request, type Subscription, subscribe, type Transport } from '../support/graphql.ts'
import type { Random } from '../support/random.ts'

/** What happened to one batch in the hands of one worker. Times by `performance.now()`. */
export interface Delivery {
  consumer: string
  worker: string
  batchId: string
  token: string
  prevTickId: string
  tickId: string
  types: string[]
  receivedAt: number
  /** The first attempt to settle it. */
  sentAt?: number
  settledAt?: number
  outcome?: 'finished' | 'stale' | 'given up'
}

export interface WorkerOptions {
  name: string
  consumer: string
  subconsumer?: string
  standby?: boolean
  transport: Transport
  random: Random
  /** The endpoints that are alive now. */
  urls: () => string[]
  deliveries: Delivery[]
}

const fields = 'batchId leaseToken prevTickId tickId events { type }'

/** A consumer that works on one batch after another, settles each through any gateway, and reconnects for ever. */
export class Worker {
  readonly #options: WorkerOptions
  readonly #running: Promise<void>
  #isStopped = false
  #subscription: Subscription | undefined
  #url = ''
  readonly errors: string[] = []

  constructor(options: WorkerOptions) {
    this.#options = options
    this.#running = this.#run()
  }

  /** The gateway that its stream goes through. */
  get url(): string {
    return this.#url
  }

  /** Breaks its connection, as its death would. What it works on, it goes on with: it does not know yet. */
  async disconnect(): Promise<void> {
    await this.#subscription?.stop()
  }

  async stop(): Promise<void> {
    this.#isStopped = true
    await this.disconnect()
    await this.#running
  }

  async #run(): Promise<void> {
    const { random, urls } = this.#options
    while (!this.#isStopped) {
      const alive = urls()
      if (alive.length > 0) {
        this.#url = random.pick(alive)
        await this.#consume(this.#url).catch((error: unknown) => this.#note(String(error)))
        await this.#subscription?.stop().catch(() => {})
      }
      await delay(20 + random.below(80))
    }
  }

  /** Connections may break in any way; what a gateway says must be one of these. */
  #note(error: string): void {
    if (/the subscription failed/.test(error) && !/CONSUMER_BUSY|UNAVAILABLE/.test(error))
      this.errors.push(error)
  }

  async #consume(url: string): Promise<void> {
    const { consumer, subconsumer, standby, transport, deliveries, name, random } = this.#options
    const subscription = subscribe(
      transport,
      url,
      `subscription ($input: BatchesInput!) { batches(input: $input) { ${fields} } }`,
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
      const delivery: Delivery = {
        consumer,
        worker: name,
        batchId: batch.batchId,
        token: batch.leaseToken,
        prevTickId: batch.prevTickId,
        tickId: batch.tickId,
        types: batch.events.map((event: Data) => event.type),
        receivedAt: performance.now(),
      }
      deliveries.push(delivery)
      // Some work takes longer than it takes others to find a dead worker.
      await delay(random.below(random.next() < 0.1 ? 2_000 : 30))
      await this.#settle(delivery)
    }
  }

  /** Tries until there is an answer, through whatever gateway. */
  async #settle(delivery: Delivery): Promise<void> {
    const { random, urls } = this.#options
    const input = { batchId: delivery.batchId, leaseToken: delivery.token }
    for (let attempt = 0; attempt < 400; attempt++) {
      const alive = urls()
      if (alive.length > 0) {
        delivery.sentAt ??= performance.now()
        const result = await request(
          random.pick(alive),
          'mutation ($input: FinishBatchInput!) { finishBatch(input: $input) { finished } }',
          { input },
        ).catch(() => undefined)
        const code = result?.errors?.[0]?.extensions.code
        // False: the attempt before went through, and its answer was lost.
        if (result?.data) delivery.outcome = 'finished'
        else if (code === 'STALE_LEASE') delivery.outcome = 'stale'
        else if (code && code !== 'UNAVAILABLE' && code !== 'TIMEOUT') this.errors.push(`settle: ${code}`)
        delivery.settledAt = performance.now()
        if (delivery.outcome) return
      }
      await delay(25)
    }
    delivery.outcome = 'given up'
  }
}
