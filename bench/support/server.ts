import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { Agent, request } from 'node:http'
import { createInterface } from 'node:readline'

export interface BenchServer extends AsyncDisposable {
  readonly url: string
  readonly process: ChildProcess
}

/** Starts the built server, and waits until its databases are ready. @param serveArgs Further arguments of `serve`. */
export async function startServer(
  databaseUrl: string,
  nodeArgs: readonly string[] = [],
  serveArgs: readonly string[] = [],
): Promise<BenchServer> {
  const server = await launchServer(databaseUrl, nodeArgs, serveArgs)
  for (;;) {
    const response = await fetch(new URL('/health/ready', server.url))
    if (response.ok) return server
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

/** Starts the built server in a process of its own, as in production; it listens before its databases are ready. */
export async function launchServer(
  databaseUrl: string,
  nodeArgs: readonly string[] = [],
  serveArgs: readonly string[] = [],
): Promise<BenchServer> {
  const child = spawn(
    process.execPath,
    // SERVER_ARGS may hold --cpu-prof, to see where the time goes.
    [
      ...nodeArgs,
      ...(process.env.SERVER_ARGS?.split(' ') ?? []),
      'dist/cli/main.js',
      'serve',
      '--port',
      '0',
      '--database-url',
      databaseUrl,
      ...serveArgs,
    ],
    {
      env: { ...process.env, NODE_ENV: 'production' },
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    },
  )
  const { stderr } = child
  if (!stderr) throw new Error('spawned without pipes')
  const lines = createInterface({ input: stderr })
  let url = ''
  for await (const line of lines) {
    url = /Listening on (http\S+?)["\s]/.exec(`${line} `)?.[1] ?? ''
    if (url) break
  }
  stderr.resume()
  return {
    url,
    process: child,
    async [Symbol.asyncDispose]() {
      child.kill('SIGTERM')
      await once(child, 'exit')
    },
  }
}

const agent = new Agent({ keepAlive: true, maxSockets: 128 })

/** Posts JSON over plain node:http, so that the client costs as little as it can. */
export function postJson(
  url: string,
  given: object,
  special: Record<string, string> = {},
): Promise<Record<string, unknown>> {
  const body = JSON.stringify(given)
  return new Promise((resolve, reject) => {
    const headers = {
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(body),
      ...special,
    }
    const sent = request(url, { method: 'POST', agent, headers }, (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('end', () => resolve(JSON.parse(Buffer.concat(chunks).toString())))
    })
    sent.on('error', reject)
    sent.end(body)
  })
}

/** Sends a GraphQL request. @returns its data. */
export async function post(
  url: string,
  query: string,
  variables: object,
  headers: Record<string, string> = {},
): Promise<Record<string, unknown>> {
  const { data, errors } = await postJson(url, { query, variables }, headers)
  if (errors) throw new Error(JSON.stringify(errors))
  return data as Record<string, unknown>
}

/** Reads the messages of a subscription over SSE until `close` is called. */
export function listen(
  url: string,
  query: string,
  onMessage: (data: Record<string, unknown>) => void,
): { close(): void } {
  const body = JSON.stringify({ query })
  const headers = {
    accept: 'text/event-stream',
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(body),
  }
  const sent = request(url, { method: 'POST', headers }, (response) => {
    let unread = ''
    response.setEncoding('utf8')
    response.on('data', (chunk: string) => {
      unread += chunk
      const messages = unread.split('\n\n')
      unread = messages.pop() ?? ''
      for (const message of messages) {
        const data = /^data: (.*)$/m.exec(message)?.[1]
        if (data) onMessage(JSON.parse(data).data)
      }
    })
    response.on('error', () => {})
  })
  sent.on('error', () => {})
  sent.end(body)
  return { close: () => void sent.destroy() }
}
