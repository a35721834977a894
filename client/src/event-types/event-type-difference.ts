import { EventTypesDocument } from '../generated/operations.ts'
import type { Transport } from '../transport/transport.ts'
import type { KnownEventTypes } from './event-types.ts'

/** The two sides have different versions of a type. A version is null where that side does not have the type. */
export interface EventTypeDifference {
  readonly queue: string
  readonly type: string
  /** The version that the client's types were generated from. */
  readonly knownVersion: number | null
  readonly serverVersion: number | null
}

/** Compares the client's event types with the server's. Queues of which the client knows no type are left out. */
export async function compareEventTypes(options: {
  transport: Transport
  database: string
  known: KnownEventTypes<object>
  signal?: AbortSignal | undefined
}): Promise<EventTypeDifference[]> {
  const { transport, database, known, signal } = options
  const { eventTypes } = await transport.request(EventTypesDocument, { database }, signal)
  const queues = new Set(known.map(([queue]) => queue))
  const versions = new Map<string, EventTypeDifference>()
  const note = (queue: string, type: string, version: Partial<EventTypeDifference>) => {
    const key = JSON.stringify([queue, type])
    versions.set(key, {
      queue,
      type,
      knownVersion: null,
      serverVersion: null,
      ...versions.get(key),
      ...version,
    })
  }
  for (const [queue, type, knownVersion] of known) note(queue, type, { knownVersion })
  for (const { queue, type, version } of eventTypes) {
    if (queues.has(queue.name)) note(queue.name, type, { serverVersion: version })
  }
  return [...versions.values()].filter(({ knownVersion, serverVersion }) => knownVersion !== serverVersion)
}
