import { CodegenError } from './codegen-error.ts'
import type { EventType } from './event-type.ts'
import { fetchEventTypes, type ServerOptions, withoutSecrets } from './server.ts'
import { readSnapshot } from './snapshot.ts'

/** Event types are read from a running server, or from a snapshot of one. */
export interface SourceOptions extends Omit<ServerOptions, 'url'> {
  /** The address of the server's GraphQL endpoint. */
  url?: string | undefined
  /** Path of the file. */
  snapshot?: string | undefined
}

export interface Source {
  eventTypes: EventType[]
  /** For the header of what is generated. */
  name: string
}

/** @throws CodegenError */
export async function readSource(options: SourceOptions): Promise<Source> {
  const { snapshot, url, queues } = options
  if (snapshot !== undefined && url !== undefined) {
    throw new CodegenError('Give a snapshot or the URL of a server, not both')
  }
  if (snapshot !== undefined) {
    const eventTypes = await readSnapshot(snapshot)
    const wanted = queues && new Set(queues)
    return { eventTypes: eventTypes.filter(({ queue }) => wanted?.has(queue) ?? true), name: snapshot }
  }
  if (url === undefined) throw new CodegenError('Give a snapshot or the URL of a server')
  return { eventTypes: await fetchEventTypes({ ...options, url }), name: withoutSecrets(url) }
}
