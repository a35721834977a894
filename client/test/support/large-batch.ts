import { startTestServer, type TestServerOptions } from '../../../test/support/server.ts'
import { type ClientOptions, type ConsumeProblem, createClient, type PgqClient } from '../../src/index.ts'
import { Received } from './received.ts'

export const kB = 1_000

/** A server with queues `orders` and `mails`, whose consumers `a` exist, and so many orders in a single batch. */
export async function startQueues(
  createClient: (options: { url: string }) => PgqClient,
  count: number,
  options: TestServerOptions = {},
) {
  const server = await startTestServer(options)
  const client = createClient({ url: server.url })
  await fillQueues(client, count, () => server.fixture.connect())
  const sql = async (text: string) => {
    const connection = await server.fixture.connect()
    return connection.query(text).finally(() => connection.end())
  }
  return { ...consumerOf(client), server, sql, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() }
}

interface Connection {
  query(text: string, values?: unknown[]): Promise<unknown>
  end(): Promise<void>
}

/** Makes the queues, and publishes the orders at once, before any worker is there. */
export async function fillQueues(client: PgqClient, count: number, connect: () => Promise<Connection>) {
  for (const queue of ['orders', 'mails']) {
    await client.createQueue(queue, { tickerMaxLagSeconds: 0.01 })
    await client.registerConsumer(queue, 'a')
  }
  const sql = await connect()
  const insert = "select pgq.insert_event('orders', null, n::text) from generate_series(0, $1::int - 1) n"
  await sql.query(insert, [count])
  await sql.query("select pgq.ticker('orders')")
  await sql.end()
}

/** The options of a consumer of `orders`, the problems that it has, and what has become of the orders. */
export function consumerOf(client: PgqClient) {
  const problems = new Received<ConsumeProblem>()
  return {
    client,
    problems,
    options: { consumer: 'a', onProblem: (problem: ConsumeProblem) => problems.push(problem) },
    async deadLetterCount(): Promise<string> {
      const answer = await client.request<{ queue: { deadLetterCount: string } }>(
        '{ queue(name: "orders") { deadLetterCount } }',
      )
      return answer.queue.deadLetterCount
    },
  }
}

type Step = 'stage' | 'finish'

/**
 * Makes clients that tell of each request that stages or finishes a settlement, but for those of empty batches, and may do
 * something else than send it.
 */
export function interceptedClients(
  instead: (step: Step, send: () => Promise<Response>) => Promise<Response>,
) {
  return (options: ClientOptions) =>
    createClient({
      ...options,
      fetch(url, init) {
        const send = () => fetch(url, init)
        const body = String(init?.body).slice(0, 1_000)
        if (!/"(retries|failures|publish|stagedParts)":\[[^\]]/.test(body)) return send()
        return instead(body.includes('stageSettlement(') ? 'stage' : 'finish', send)
      },
    })
}

/** Creates a client for which the server is one from before settlements in parts. */
export const createOlderClient = clientsWithout('stageSettlement(', 'fieldOfALaterVersion(')

/** Creates a client whose parts meet a newer server, and whose settlements an older one. */
export const createClientOfBoth = clientsWithout('"stagedParts":', '"fieldOfALaterVersion":')

function clientsWithout(known: string, unknown: string) {
  return (options: ClientOptions): PgqClient =>
    createClient({
      ...options,
      fetch: (url, init) => fetch(url, { ...init, body: String(init?.body).replace(known, unknown) }),
    })
}
