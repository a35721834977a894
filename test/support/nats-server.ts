import { existsSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { jetstream, jetstreamManager } from '@nats-io/jetstream'
import { connect, type NatsConnection } from '@nats-io/transport-node'
import { freePort } from '../../src/embedded/free-port.ts'
import { type Child, startChild } from './child.ts'
import { temporaryDirectory } from './temporary-directory.ts'

const program = resolve(process.env.PGQ_TEST_NATS_SERVER ?? '/usr/sbin/nats-server')

/** Tells whether the server is installed. CI assumes so, and a missing package fails the tests. */
export const hasNatsServer = process.env.CI === 'true' || existsSync(program)

/** A message of a stream. */
export interface StoredMessage {
  subject: string
  data: string
  headers: Record<string, string>
}

/** A server with JetStream and a user `mover`, whose streams outlive its end. */
export interface NatsServer extends AsyncDisposable {
  readonly url: string
  /** URL of a user who may ask, and publish nothing. */
  readonly readerUrl: string
  start(): Promise<void>
  /** Kills it at once. */
  kill(): Promise<void>
  connect(): Promise<NatsConnection>
  addStream(name: string, subject: string): Promise<void>
  /** Counts the messages of a stream; 0 where there is none. */
  count(stream: string): Promise<number>
  messages(stream: string): Promise<StoredMessage[]>
}

export async function startNatsServer(): Promise<NatsServer> {
  const directory = await temporaryDirectory()
  const port = await freePort()
  const url = `nats://mover:canary%2Fpassword@127.0.0.1:${port}`
  const file = join(directory.path, 'nats.conf')
  await writeFile(
    file,
    `listen: "127.0.0.1:${port}"
max_payload: 64KB
jetstream { store_dir: ${JSON.stringify(join(directory.path, 'store'))} }
authorization { users: [
  { user: mover, password: "canary/password" }
  { user: reader, password: reader, permissions: { publish: "$JS.API.>" } }
] }
`,
  )
  let child: Child | undefined
  const kill = async () => {
    await child?.[Symbol.asyncDispose]()
    child = undefined
  }
  const asking = async <T>(ask: (connection: NatsConnection) => Promise<T>): Promise<T> => {
    const connection = await server.connect()
    return ask(connection).finally(() => connection.close())
  }
  const server: NatsServer = {
    url,
    readerUrl: `nats://reader:reader@127.0.0.1:${port}`,
    async start() {
      child = startChild(program, ['-c', file])
      await child.printed(/Server is ready/)
    },
    kill,
    connect: () => connect({ port, user: 'mover', pass: 'canary/password', reconnect: false }),
    addStream: (name, subject) =>
      asking(async (connection) => {
        const manager = await jetstreamManager(connection)
        await manager.streams.add({ name, subjects: [subject] })
      }),
    count: (stream) =>
      asking(async (connection) => {
        const manager = await jetstreamManager(connection)
        return manager.streams.info(stream).then(
          ({ state }) => state.messages,
          () => 0,
        )
      }),
    messages: (stream) =>
      asking(async (connection) => {
        const manager = await jetstreamManager(connection)
        const { state } = await manager.streams.info(stream)
        const consumer = await jetstream(connection).consumers.get(stream)
        const found: StoredMessage[] = []
        if (state.messages === 0) return found
        for await (const { subject, headers, data } of await consumer.fetch({
          max_messages: state.messages,
        })) {
          const entries = headers?.keys().map((name) => [name, headers.get(name)]) ?? []
          found.push({ subject, data: Buffer.from(data).toString(), headers: Object.fromEntries(entries) })
        }
        return found
      }),
    async [Symbol.asyncDispose]() {
      await kill()
      await directory[Symbol.asyncDispose]()
    },
  }
  await server.start()
  return server
}
