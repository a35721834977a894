import type { Sender } from '../caller.ts'
import type { Hold } from '../memory/hold.ts'
import { Counts } from './counts.ts'
import { networkOf } from './network.ts'
import { limitExceeded, Rate } from './rate.ts'

/** What each caller may cost; null for any amount. See `defaultRateLimits`. */
export interface RateLimits {
  requestsPerSecond: number | null
  eventsPerSecond: number | null
  streams: number | null
  sockets: number | null
}

/** After this it may be worth to open what was refused: most of what ends does so by itself (seconds). */
const RETRY_OPENING_SECONDS = 5

/**
 * Bounds what each caller costs. Callers are told apart by name, and those who have shown no credentials by the address
 * that they come from. What has no limit is not counted.
 */
export class CallerLimits {
  readonly #requests: Rate | null
  readonly #events: Rate | null
  readonly #streams: Counts | null
  readonly #sockets: Counts | null

  constructor({ requestsPerSecond, eventsPerSecond, streams, sockets }: RateLimits) {
    this.#requests = requestsPerSecond === null ? null : new Rate(requestsPerSecond, 'requests')
    this.#events = eventsPerSecond === null ? null : new Rate(eventsPerSecond, 'events')
    this.#streams = streams === null ? null : new Counts(streams)
    this.#sockets = sockets === null ? null : new Counts(sockets)
  }

  /** Whether requests are counted. */
  get countsRequests(): boolean {
    return this.#requests !== null
  }

  /** Counts a request. @throws PgqError `LIMIT_EXCEEDED` */
  spendRequest(sender: Sender): Promise<void> | undefined {
    return this.#requests?.spend(payerOf(sender), 1)
  }

  /** Counts a request whose sender nobody knows, or whose credentials are bad. @throws PgqError `LIMIT_EXCEEDED` */
  spendUnknownRequest(address: string): Promise<void> | undefined {
    return this.#requests?.spend(addressPayer(address), 1)
  }

  /** Counts events that are to be published. @throws PgqError `LIMIT_EXCEEDED`; then none of them may be. */
  spendEvents(sender: Sender, count: number): Promise<void> | undefined {
    return this.#events?.spend(payerOf(sender), count)
  }

  /** Counts a subscription until its end. @throws PgqError `LIMIT_EXCEEDED` */
  openStream(sender: Sender): Hold | undefined {
    return open(this.#streams, sender, 'streams')
  }

  /** Counts a WebSocket until its end. @throws PgqError `LIMIT_EXCEEDED` */
  openSocket(sender: Sender): Hold | undefined {
    return open(this.#sockets, sender, 'WebSockets')
  }
}

function open(counts: Counts | null, sender: Sender, what: string): Hold | undefined {
  if (!counts) return undefined
  const hold = counts.tryTake(payerOf(sender))
  if (hold) return hold
  throw limitExceeded(
    `This caller may have ${counts.max} ${what} open at once; end some, or try again later`,
    RETRY_OPENING_SECONDS,
  )
}

function payerOf({ caller, address }: Sender): string {
  return caller.isAnonymous ? addressPayer(address) : `caller ${caller.name}`
}

function addressPayer(address: string): string {
  return `address ${networkOf(address)}`
}
