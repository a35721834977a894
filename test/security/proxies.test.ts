import { once } from 'node:events'
import { readFile, writeFile } from 'node:fs/promises'
import type { IncomingMessage } from 'node:http'
import { request as httpsRequest } from 'node:https'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { WebSocket } from 'ws'
import { anybody } from '../../src/caller.ts'
import { loadConfig } from '../../src/config/load.ts'
import { freePort } from '../../src/embedded/free-port.ts'
import { clientOf } from '../../src/transports/clients.ts'
import { codeBlocks } from '../docs/code-blocks.ts'
import { type Certificates, makeCertificates } from '../support/certificates.ts'
import { hasChromium, launchChromium } from '../support/chromium.ts'
import { until, withDeadline } from '../support/deadline.ts'
import { requestData } from '../support/graphql.ts'
import type { Answer } from '../support/http.ts'
import { hasReverseProxies, startHaproxy, startNginx } from '../support/reverse-proxies.ts'
import { startTestServer, type TestServer } from '../support/server.ts'
import { type TemporaryDirectory, temporaryDirectory } from '../support/temporary-directory.ts'

/** Code of a section of docs/security.md, in a language. */
async function snippet(heading: string, language: string): Promise<string> {
  const block = (await codeBlocks('docs/security.md', heading)).find((found) => found.language === language)
  if (!block) throw new Error(`docs/security.md has no ${language} under "${heading}"`)
  return block.code
}

/** Replaces what is another at each reader's: ports, and the places of files. */
function adapt(text: string, replacements: Record<string, string>): string {
  return Object.entries(replacements).reduce((adapted, [from, to]) => {
    if (!adapted.includes(from)) throw new Error(`the snippet has no ${from}`)
    return adapted.replaceAll(from, to)
  }, text)
}

let directory: TemporaryDirectory
let certificates: Certificates
let gateway: TestServer
const clients = new Set<string>()

beforeAll(async () => {
  directory = await temporaryDirectory()
  certificates = await makeCertificates(directory.path)
  const file = join(directory.path, 'gateway.json')
  await writeFile(file, await snippet('Behind a proxy', 'json'))
  const { basePath, publicUrl, trustProxy } = loadConfig({ flags: new Map(), environment: {}, file })
  const authenticate = (request: IncomingMessage) => {
    clients.add(clientOf(request))
    return anybody
  }
  gateway = await startTestServer({ basePath, publicUrl, trustProxy, authenticate })
  await requestData(gateway.url, 'mutation { createQueue(input: { name: "orders" }) { created } }')
})
afterAll(async () => {
  await gateway?.[Symbol.asyncDispose]()
  await directory?.[Symbol.asyncDispose]()
})

const proxies: Record<string, (port: number) => Promise<AsyncDisposable>> = {
  nginx: async (port) => {
    const site = adapt(await snippet('Behind nginx', 'nginx'), {
      'listen 443': `listen 127.0.0.1:${port}`,
      '127.0.0.1:4000': new URL(gateway.url).host,
      '/etc/ssl/queues.example.crt': certificates.server.certificate,
      '/etc/ssl/private/queues.example.key': certificates.server.key,
    })
    return await startNginx(site, port)
  },
  haproxy: async (port) => {
    const pem = join(directory.path, 'queues.example.pem')
    const { certificate, key } = certificates.server
    await writeFile(pem, `${await readFile(certificate, 'utf8')}${await readFile(key, 'utf8')}`)
    const configuration = adapt(await snippet('Behind HAProxy', 'haproxy'), {
      'bind :443': `bind 127.0.0.1:${port}`,
      '127.0.0.1:4000': new URL(gateway.url).host,
      '127.0.0.1:4001': `127.0.0.1:${await freePort()}`,
      '/etc/haproxy/queues.example.pem': pem,
    })
    return await startHaproxy(configuration, port)
  },
}

const tail = 'subscription { tail(queue: "orders") { ... on TickBatch { events { type } } } }'

describe.runIf(hasReverseProxies).each(Object.keys(proxies))(
  'behind %s as docs/security.md has it',
  (name) => {
    let proxy: AsyncDisposable
    let port: number
    beforeAll(async () => {
      port = await freePort()
      proxy = await (proxies[name] as (port: number) => Promise<AsyncDisposable>)(port)
      await until(async () => (await send('GET', '/queues/')).status === 200, 'the gateway behind the proxy')
    })
    afterAll(() => proxy?.[Symbol.asyncDispose]())

    const connection = () => ({
      host: '127.0.0.1',
      port,
      servername: 'queues.example',
      // The certificate is for localhost.
      checkServerIdentity: () => undefined,
    })

    async function begin(method: string, path: string, headers = {}, body = ''): Promise<IncomingMessage> {
      const ca = await readFile(certificates.authority)
      const own = { host: 'queues.example', 'content-length': Buffer.byteLength(body) }
      const sent = httpsRequest({
        ...connection(),
        ca,
        agent: false,
        method,
        path,
        headers: { ...own, ...headers },
      })
      const answered = once(sent, 'response')
      sent.end(body)
      const [response] = (await withDeadline(answered, `an answer to ${path}`)) as [IncomingMessage]
      return response
    }

    async function send(method: string, path: string, headers = {}, body = ''): Promise<Answer> {
      const response = await begin(method, path, headers, body)
      const text = Buffer.concat(await response.toArray()).toString()
      return { status: response.statusCode ?? 0, headers: response.headers, body: text }
    }

    const page = { origin: 'https://queues.example', 'content-type': 'application/json' }

    /** Publishes until the subscriber has it: it may have begun after what was published before. */
    async function publishUntil(type: string, isThere: () => boolean | Promise<boolean>): Promise<void> {
      const query = `mutation { insertEvent(input: { queue: "orders", type: "${type}" }) { eventId } }`
      await until(async () => {
        expect((await send('POST', '/queues/graphql', page, JSON.stringify({ query }))).body).toContain(
          'eventId',
        )
        return isThere()
      }, 'the event')
    }

    test('a page of the public URL runs queries, and others are refused', async () => {
      const body = '{"query":"{__typename}"}'
      const answer = await send('POST', '/queues/graphql', page, body)
      expect(JSON.parse(answer.body)).toEqual({ data: { __typename: 'Query' } })
      expect(answer.headers['strict-transport-security']).toBe('max-age=31536000')
      for (const origin of ['https://evil.example', 'http://queues.example', 'null']) {
        expect(await send('POST', '/queues/graphql', { ...page, origin }, body)).toMatchObject({
          status: 403,
        })
      }
      const evil = {
        host: 'evil.example',
        origin: 'https://evil.example',
        'x-forwarded-host': 'queues.example',
      }
      expect(await send('POST', '/queues/graphql', { ...page, ...evil }, body)).toMatchObject({ status: 403 })
    })

    test('the base path has the dashboard, GraphiQL is beside it, and health is not shown to the outside', async () => {
      const dashboard = await send('GET', '/queues/')
      const script = /src="\.\/(assets\/[^"]+\.js)"/.exec(dashboard.body)?.[1]
      expect((await send('GET', `/queues/${script}`)).status).toBe(200)
      const graphiql = await send('GET', '/queues/graphql', { accept: 'text/html' })
      expect(graphiql.body).toContain('<title>pgq-graphql</title>')
      expect(graphiql.headers['content-security-policy']).toContain('sha256-')
      expect((await send('GET', '/queues/health/ready')).status).toBe(404)
    })

    test('a subscription over SSE gets its events as they come', async () => {
      const headers = { ...page, accept: 'text/event-stream' }
      const response = await begin('POST', '/queues/graphql', headers, JSON.stringify({ query: tail }))
      expect(response.statusCode).toBe(200)
      let text = ''
      response.on('data', (data) => (text += data))
      response.on('error', () => {})
      await until(() => text.startsWith(':\n\n'), 'the beginning of the stream')
      await publishUntil(`${name}-sse`, () => text.includes(`"type":"${name}-sse"`))
      response.destroy()
    })

    test('a subscription over a WebSocket gets its events as they come', async () => {
      const ca = await readFile(certificates.authority)
      const headers = { host: 'queues.example', origin: 'https://queues.example' }
      const url = `wss://127.0.0.1:${port}/queues/graphql`
      const socket = new WebSocket(url, 'graphql-transport-ws', { ...connection(), ca, headers })
      let text = ''
      socket.on('message', (message) => (text += String(message)))
      await withDeadline(once(socket, 'open'), 'the WebSocket')
      socket.send('{"type":"connection_init"}')
      await until(() => text.includes('connection_ack'), 'the acknowledgement')
      socket.send(JSON.stringify({ id: '1', type: 'subscribe', payload: { query: tail } }))
      await publishUntil(`${name}-socket`, () => text.includes(`"type":"${name}-socket"`))
      socket.terminate()
    })

    test.runIf(hasChromium)('a browser uses the dashboard, GraphiQL and WebSockets, by HTTP/2', async () => {
      const browser = await launchChromium(`--host-resolver-rules=MAP queues.example:443 127.0.0.1:${port}`)
      try {
        const page = await (await browser.newContext({ ignoreHTTPSErrors: true })).newPage()
        const complaints: string[] = []
        page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()))
        await page.goto('https://queues.example/queues/')
        await page.getByText('pgq-graphql').first().waitFor({ timeout: 10_000 })
        const protocol = await page.evaluate(() => {
          const [navigation] = performance.getEntriesByType('navigation') as PerformanceNavigationTiming[]
          return navigation?.nextHopProtocol
        })
        expect(protocol).toBe('h2')

        await page.goto(`https://queues.example/queues/graphql?query=${encodeURIComponent(tail)}`)
        await page.getByRole('button', { name: /Execute query/i }).click()
        const shown = page.locator('.graphiql-response')
        await publishUntil(`${name}-page`, async () => (await shown.innerText()).includes(`${name}-page`))

        const isOpen = await page.evaluate(() => {
          const socket = new window.WebSocket('wss://queues.example/queues/graphql', 'graphql-transport-ws')
          return new Promise((resolve) => {
            socket.onopen = () => resolve(true)
            socket.onerror = () => resolve(false)
          })
        })
        expect(isOpen).toBe(true)
        expect(complaints).toEqual([])
      } finally {
        await browser.close()
      }
    })

    test('the client is the one that the proxy has seen, whatever it says of itself', async () => {
      clients.clear()
      const liar = {
        ...page,
        'x-forwarded-for': '192.0.2.9',
        forwarded: 'for=192.0.2.9',
        'x-real-ip': '192.0.2.9',
      }
      await send('POST', '/queues/graphql', liar, '{"query":"{__typename}"}')
      expect([...clients]).toEqual(['127.0.0.1'])
    })
  },
)
