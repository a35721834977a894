import type { IncomingMessage } from 'node:http'
import { type Caller, type CallerOptions, createCaller } from '../../src/caller.ts'
import { PgqError } from '../../src/errors.ts'
import { type Data, type GraphqlError, type Result, request } from '../support/graphql.ts'
import { startTestServer, type TestServer, type TestServerOptions } from '../support/server.ts'

/** A server that knows its callers by their names, which are their tokens, too. `root` may do everything. */
export interface GuardedServer extends TestServer {
  /** Makes a caller known, in place of one of the same name. @returns The name. */
  admit(name: string, grants: readonly string[], rest?: Omit<CallerOptions, 'name' | 'grants'>): string
  ask(caller: string, query: string, variables?: Data): Promise<Result>
  /** Asks for what must succeed. */
  done(caller: string, query: string, variables?: Data): Promise<Data>
  /** Asks for what must fail with one error. */
  refused(caller: string, query: string, variables?: Data): Promise<GraphqlError>
}

export async function startGuardedServer(options: TestServerOptions = {}): Promise<GuardedServer> {
  const callers = new Map<string, Caller>([['root', createCaller({ name: 'root', grants: ['admin'] })]])
  const authenticate = (request: IncomingMessage, params?: Readonly<Record<string, unknown>>): Caller => {
    const credentials = String(params?.authorization ?? request.headers.authorization ?? '')
    const caller = callers.get(credentials.replace(/^Bearer /, ''))
    if (!caller) throw new PgqError('UNAUTHENTICATED', 'Send a token')
    return caller
  }
  const server = await startTestServer({ ...options, authenticate })
  const ask = (caller: string, query: string, variables: Data = {}) =>
    request(server.url, query, variables, undefined, caller)
  return Object.assign(Object.create(server) as TestServer, {
    admit(name: string, grants: readonly string[], rest: Omit<CallerOptions, 'name' | 'grants'> = {}) {
      callers.set(name, createCaller({ ...rest, name, grants }))
      return name
    },
    ask,
    async done(caller: string, query: string, variables?: Data) {
      const { data, errors } = await ask(caller, query, variables)
      if (errors || !data) throw new Error(`${caller}, ${query}: ${JSON.stringify(errors)}`)
      return data
    },
    async refused(caller: string, query: string, variables?: Data) {
      const { data, errors } = await ask(caller, query, variables)
      const [error, ...others] = errors ?? []
      if (error && others.length === 0) return error
      throw new Error(`${caller}, ${query}: ${JSON.stringify({ data, errors })}`)
    },
  })
}

/** Opens the batch of events that were published for it. */
export async function openBatch(
  server: GuardedServer,
  { queue, consumer, data = 'payload' }: { queue: string; consumer: string; data?: string },
): Promise<{ batchId: string; leaseToken: string; eventId: string }> {
  const { insertEvent } = await server.done(
    'root',
    'mutation ($queue: String!, $data: String) { insertEvent(input: { queue: $queue, type: "t", data: $data }) { eventId } }',
    { queue, data },
  )
  for (;;) {
    await server.done(
      'root',
      'mutation ($queue: String!) { tick(input: { queue: $queue, force: true }) { tickId } }',
      { queue },
    )
    const { nextBatch } = await server.done(
      'root',
      `mutation ($queue: String!, $consumer: String!) {
        nextBatch(input: { queue: $queue, consumer: $consumer }) { batch { batchId leaseToken events { eventId } } } }`,
      { queue, consumer },
    )
    const { batch } = nextBatch
    const ids: { eventId: string }[] = batch?.events ?? []
    if (ids.some(({ eventId }) => eventId === insertEvent.eventId))
      return { batchId: batch.batchId, leaseToken: batch.leaseToken, eventId: insertEvent.eventId }
    if (batch)
      await server.done(
        'root',
        'mutation ($batchId: BigInt!, $leaseToken: String) { finishBatch(input: { batchId: $batchId, leaseToken: $leaseToken }) { finished } }',
        { batchId: batch.batchId, leaseToken: batch.leaseToken },
      )
  }
}
