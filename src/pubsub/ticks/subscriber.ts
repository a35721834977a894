import pg from 'pg'
import pgListen, { type Subscriber } from 'pg-listen'

/** A pg-listen subscriber for one connection, and the client inside it. */
export interface OpenableSubscriber {
  subscriber: Subscriber<Record<string, string>>
  client: pg.Client
}

/**
 * A pg-listen subscriber with everything switched off that hurts (version 1.7): its reconnect gives up for ever
 * after three seconds and leaks a backend when closed meanwhile, its liveness check waits without end, and its JSON
 * parsing turns a stray payload into an error. It connects once, and is thrown away when that connection is.
 *
 * pg-listen keeps its client to itself and can run nothing but LISTEN and NOTIFY on it. This project needs that
 * session for its heartbeat and for the lock that says it lives, and a second connection would not prove that this
 * one is well. So the client is caught as it is made: pg-listen calls `new pg.Client` before it returns.
 */
export function createSubscriber(config: pg.ClientConfig): OpenableSubscriber {
  const driver: { Client: typeof pg.Client } = pg
  const Client = driver.Client
  let caught: pg.Client | undefined
  driver.Client = class extends Client {
    constructor(given?: string | pg.ClientConfig) {
      super(given)
      caught = this
    }
  }
  try {
    const subscriber = pgListen.default<Record<string, string>>(config, {
      paranoidChecking: false,
      // The number of its own attempts, less one.
      retryLimit: 1,
      parse: (payload) => payload,
      serialize: (payload: string) => payload,
    })
    if (!caught)
      throw new Error('pg-listen uses another copy of pg than this package; install one version of pg')
    return { subscriber, client: caught }
  } finally {
    driver.Client = Client
  }
}
