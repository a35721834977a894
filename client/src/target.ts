import type { Transport } from './transport/transport.ts'

/** A queue of a database, and the way to its server. */
export interface Target {
  readonly transport: Transport
  readonly database: string
  readonly queue: string
}
