import { CodegenError, isObject, messageOf } from './codegen-error.ts'
import { type EventType, sortEventTypes } from './event-type.ts'
import { isSchema, isVersion } from './snapshot.ts'

export interface ServerOptions {
  /** The address of the GraphQL endpoint. */
  url: string
  /** Headers go with the request, such as `authorization`. */
  headers?: Readonly<Record<string, string>> | undefined
  /** Selects one of the server's databases. Default `main`. */
  database?: string | undefined
  /** Limits the event types to those of these queues. Default: all. */
  queues?: readonly string[] | undefined
}

const TIMEOUT_MS = 30_000

const query = `query EventTypes($database: String!) {
  eventTypes(database: $database) { queue { name } type version schema }
}`

/** Fetches the event types that are registered now. @throws CodegenError */
export async function fetchEventTypes(options: ServerOptions): Promise<EventType[]> {
  const { url, headers, database = 'main', queues } = options
  let reply: unknown
  try {
    const response = await fetch(url, {
      method: 'POST',
      headers: { ...headers, 'content-type': 'application/json', accept: 'application/json' },
      body: JSON.stringify({ query, variables: { database } }),
      signal: AbortSignal.timeout(TIMEOUT_MS),
    })
    const text = await response.text()
    reply = parse(text) ?? `status ${response.status}: ${text.slice(0, 200).trim()}`
  } catch (error) {
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error
    throw new CodegenError(`The server at ${withoutSecrets(url)} cannot be reached: ${messageOf(cause)}`, {
      cause: error,
    })
  }
  const eventTypes = toEventTypes(reply, url)
  const wanted = queues && new Set(queues)
  return sortEventTypes(eventTypes.filter(({ queue }) => wanted?.has(queue) ?? true))
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function toEventTypes(reply: unknown, url: string): EventType[] {
  const refuse = (reason: string): never => {
    throw new CodegenError(`The server at ${withoutSecrets(url)} gave no event types: ${reason}`)
  }
  if (!isObject(reply)) return refuse(typeof reply === 'string' ? reply : 'it sent no object')
  const { data, errors } = reply
  if (Array.isArray(errors) && errors.length > 0) {
    return refuse(isObject(errors[0]) ? String(errors[0].message) : 'it sent an error that says nothing')
  }
  const entries = isObject(data) ? data.eventTypes : undefined
  if (!Array.isArray(entries)) return refuse('it sent no list')
  return entries.map((entry: unknown) => {
    const { queue, type, version, schema } = isObject(entry) ? entry : {}
    const name = isObject(queue) ? queue.name : undefined
    const isComplete = typeof name === 'string' && typeof type === 'string'
    if (!isComplete || !isVersion(version) || !isSchema(schema)) return refuse('one of them is incomplete')
    return { queue: name, type, version, schema }
  })
}

/** Makes an address that may be shown and written into files: it has no user, password or query. */
export function withoutSecrets(url: string): string {
  try {
    const { origin, pathname } = new URL(url)
    return `${origin}${pathname}`
  } catch {
    return 'an invalid URL'
  }
}
