import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { networkInterfaces } from 'node:os'
import { pino } from 'pino'
import { expect, test } from 'vitest'
import { until, withDeadline } from '../support/deadline.ts'
import { requestData } from '../support/graphql.ts'
import { startTestServer } from '../support/server.ts'

function open(url: string, hostname = '127.0.0.1'): Socket {
  const socket = connect(Number(new URL(url).port), hostname)
  socket.on('error', () => {})
  socket.resume()
  return socket
}

/** Attacks of one connection each; `drip` sends a little more, and is called again and again. */
const attacks: Record<string, { begin: string; drip: string }> = {
  'headers that never end': { begin: 'POST /graphql HTTP/1.1\r\nHost: localhost\r\n', drip: 'X-A: b\r\n' },
  'a request line that never ends': { begin: 'GET /graphql?query=', drip: 'a' },
  'not a word': { begin: '', drip: '' },
}

test.concurrent('a body that never ends is given up, a small one too', async () => {
  await using server = await startTestServer()
  const socket = open(server.url)
  const answered = once(socket, 'data')
  socket.write(
    'POST /graphql HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 99\r\n\r\n',
  )
  const dripping = setInterval(() => socket.writable && socket.write(' '), 1_000)
  const [answer] = await withDeadline(answered, 'an answer', 56_000).finally(() => clearInterval(dripping))
  expect(String(answer)).toMatch(/^HTTP\/1.1 408 /)
  socket.destroy()
}, 70_000)

test.concurrent('connections that bring no request in time are ended, while a client is served', async () => {
  await using server = await startTestServer()
  const kinds = Object.values(attacks)
  const sockets = Array.from({ length: 200 }, (_, n) => {
    const { begin, drip } = kinds[n % kinds.length] ?? { begin: '', drip: '' }
    const socket = open(server.url)
    socket.once('connect', () => socket.write(begin))
    return { socket, drip, ended: once(socket, 'close') }
  })
  await Promise.all(sockets.map(({ socket }) => once(socket, 'connect')))
  const begunAt = Date.now()
  const dripping = setInterval(() => {
    for (const { socket, drip } of sockets) if (socket.writable && drip !== '') socket.write(drip)
  }, 500)
  let isOver = false
  const slowest = (async () => {
    let longestMs = 0
    while (!isOver) {
      const sentAt = performance.now()
      expect(await requestData(server.url, '{ __typename }')).toEqual({ __typename: 'Query' })
      longestMs = Math.max(longestMs, performance.now() - sentAt)
    }
    return longestMs
  })()
  await withDeadline(Promise.all(sockets.map(({ ended }) => ended)), 'the end of all', 20_000)
  isOver = true
  clearInterval(dripping)
  expect(Date.now() - begunAt).toBeGreaterThan(8_000)
  expect(await slowest).toBeLessThan(2_000)
})

test('headers that are too large are refused before they are all read', async () => {
  await using server = await startTestServer()
  const socket = open(server.url)
  const answered = once(socket, 'data')
  socket.write(`GET /graphql HTTP/1.1\r\nHost: localhost\r\nX-A: ${'a'.repeat(17_000)}\r\n`)
  expect(String((await answered)[0])).toMatch(/^HTTP\/1.1 431 /)
})

const addresses = Object.values(networkInterfaces()).flatMap((all) => all ?? [])
const foreign = addresses.find(({ internal, family }) => !internal && family === 'IPv4')?.address

test.runIf(foreign)(
  'an address gets so many connections and no more, other than this machine and proxies',
  async () => {
    const lines: string[] = []
    const logger = pino({ level: 'warn' }, { write: (line: string) => lines.push(line) })
    const limits = { maxConnectionsPerAddress: 3 }
    const publicUrl = 'https://queues.example/'
    await using server = await startTestServer({ host: '0.0.0.0', limits, logger, publicUrl })
    await using behindProxy = await startTestServer({ host: '0.0.0.0', limits, trustProxy: true })

    const isOpen = (socket: Socket) => {
      const answered = new Promise<boolean>((resolve) => {
        socket.once('data', () => resolve(true))
        socket.once('close', () => resolve(false))
      })
      socket.write('GET /health/live HTTP/1.1\r\nHost: localhost\r\n\r\n')
      return withDeadline(answered, 'an answer or the end')
    }
    const isServed = async (url: string, from: string, count: number) => {
      const sockets: Socket[] = []
      const served: boolean[] = []
      for (let n = 0; n < count; n++) {
        sockets.push(open(url, from))
        served.push(await isOpen(sockets.at(-1) as Socket))
      }
      for (const socket of sockets) socket.destroy()
      return served
    }
    expect(await isServed(server.url, foreign ?? '', 5)).toEqual([true, true, true, false, false])
    expect(lines.filter((line) => line.includes('maxConnectionsPerAddress'))).toHaveLength(1)
    await until(async () => (await isServed(server.url, foreign ?? '', 1))[0], 'room again')
    expect(await isServed(server.url, '127.0.0.1', 5)).not.toContain(false)
    expect(await isServed(behindProxy.url, foreign ?? '', 5)).not.toContain(false)
  },
)
