import pg from 'pg'
import type { Logger } from 'pino'
import { Client, type ClientOptions } from './client.ts'

export interface PoolLimits {
  /** Maximum number of connections. */
  max: number
  /** Longest wait for a connection, made or free (milliseconds). */
  waitTimeoutMs: number
}

/** Makes a pool of equal clients; each ends when it has been idle for 30 s. */
export function createPool(options: ClientOptions, limits: PoolLimits, logger: Logger): pg.Pool {
  const pool = new pg.Pool({
    Client: class extends Client {
      constructor() {
        super(options)
      }
    },
    max: limits.max,
    connectionTimeoutMillis: limits.waitTimeoutMs,
    idleTimeoutMillis: 30_000,
  })
  pool.on('error', (error) => logger.debug({ err: error }, 'an idle connection was lost'))
  // A server that ends a session may say so in the packet that answers the connect, before anybody else listens.
  pool.on('connect', (client) => client.on('error', () => {}))
  return pool
}
