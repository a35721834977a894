import { once } from 'node:events'
import { request as httpRequest, type IncomingMessage } from 'node:http'
import { describe, expect, test } from 'vitest'
import WebSocket from 'ws'
import { until } from '../support/deadline.ts'
import { collectGarbage } from '../support/garbage.ts'
import { type Data, requestData, subscribe, transports } from '../support/graphql.ts'
import { startTestServer } from '../support/server.ts'

const STALLED = 10
const EVENTS = 1_500
const EVENT_BYTES = 20_000

const query =
  'subscription { tail(queue: "q", after: 1) { ... on TickBatch { events { eventId data } } ... on Gap { reason } } }'

/** A subscriber whose socket can stop reading, with the ids of the events that it got. */
interface Sleeper {
  ids: string[]
  gaps: number
  wake(): void
  close(): void
}

function take(sleeper: Sleeper, message: { data?: Data | null }): void {
  const tail = message.data?.tail
  if (tail?.reason) sleeper.gaps++
  for (const event of tail?.events ?? []) sleeper.ids.push(event.eventId)
}

async function sleepOverSse(url: string): Promise<Sleeper> {
  const sent = httpRequest(url, {
    method: 'POST',
    agent: false,
    headers: { accept: 'text/event-stream', 'content-type': 'application/json' },
  })
  sent.on('error', () => {})
  sent.end(JSON.stringify({ query }))
  const [response] = (await once(sent, 'response')) as [IncomingMessage]
  response.on('error', () => {})
  response.socket.pause()
  const sleeper: Sleeper = {
    ids: [],
    gaps: 0,
    wake() {
      let unread = ''
      response.setEncoding('utf8').on('data', (chunk: string) => {
        unread += chunk
        const messages = unread.split('\n\n')
        unread = messages.pop() ?? ''
        for (const message of messages) {
          const data = /^data: ?(.+)$/m.exec(message)?.[1]
          if (data) take(sleeper, JSON.parse(data))
        }
      })
      response.socket.resume()
    },
    close: () => void sent.destroy(),
  }
  return sleeper
}

async function sleepOverWebSocket(url: string): Promise<Sleeper> {
  const socket = new WebSocket(url.replace(/^http/, 'ws'), 'graphql-transport-ws')
  await once(socket, 'open')
  socket.send(JSON.stringify({ type: 'connection_init' }))
  await once(socket, 'message')
  socket.send(JSON.stringify({ id: '1', type: 'subscribe', payload: { query } }))
  socket.pause()
  const sleeper: Sleeper = {
    ids: [],
    gaps: 0,
    wake() {
      socket.on('message', (text) => {
        const message = JSON.parse(String(text))
        if (message.type === 'next') take(sleeper, message.payload)
      })
      socket.resume()
    },
    close: () => socket.terminate(),
  }
  return sleeper
}

const sleep = { SSE: sleepOverSse, WebSocket: sleepOverWebSocket }

describe.each(transports)('subscribers over %s that stop reading', (transport) => {
  test('cost the server a bounded amount of memory, delay nobody, and get everything when they read on', {
    timeout: 90_000,
  }, async () => {
    await using t = await startTestServer()
    await requestData(t.url, 'mutation { createQueue(input: { name: "q" }) { created } }')
    const sleepers = await Promise.all(Array.from({ length: STALLED }, () => sleep[transport](t.url)))
    await using awake = subscribe(transport, t.url, query.replace(' data ', ' '))
    const client = await t.fixture.connect()
    const memoryBytes = () => {
      collectGarbage()
      const { heapUsed, external } = process.memoryUsage()
      return heapUsed + external
    }
    const before = memoryBytes()
    try {
      const seen = new Set<string>()
      for (let n = 0; n < EVENTS / 50; n++) {
        await client.query(
          `select pgq.insert_event('q', 'x', repeat('y', $1::int4)) from generate_series(1, 50)`,
          [EVENT_BYTES],
        )
        const startedAt = performance.now()
        while (seen.size < (n + 1) * 50) {
          for (const event of (await awake.nextData()).tail.events) seen.add(event.eventId)
        }
        expect(performance.now() - startedAt).toBeLessThan(4_000)
      }
      // Kernels hold a few megabytes for each; what the server holds is a message or two, of 30.
      const heldMiB = (memoryBytes() - before) / 2 ** 20 / STALLED
      expect(heldMiB).toBeLessThan(6)
      for (const sleeper of sleepers) sleeper.wake()
      await until(
        () => sleepers.every((sleeper) => sleeper.ids.length >= EVENTS),
        'all events at all subscribers',
        {
          timeoutMs: 60_000,
          describe: () => JSON.stringify(sleepers.map((sleeper) => sleeper.ids.length)),
        },
      )
      for (const sleeper of sleepers) {
        expect(sleeper.gaps).toBe(0)
        expect(new Set(sleeper.ids)).toEqual(seen)
        expect(sleeper.ids.length).toBe(EVENTS)
      }
    } finally {
      for (const sleeper of sleepers) sleeper.close()
      await client.end()
    }
  })

  test('end within a second of their disconnect, and give their consumer back', async () => {
    await using t = await startTestServer()
    await requestData(t.url, 'mutation { createQueue(input: { name: "q" }) { created } }')
    const client = await t.fixture.connect()
    try {
      await client.query(`select pgq.register_consumer('q', 'c')`)
      const holder = subscribe(
        transport,
        t.url,
        'subscription { batches(input: { queue: "q", consumer: "c" }) { batchId } }',
      )
      const isHeld = async () => (await client.query('select from pgq_gateway.stream')).rowCount === 1
      const first = holder.nextData().catch(() => {})
      await until(isHeld, 'the claim')
      await holder.stop()
      const stoppedAt = performance.now()
      await until(async () => !(await isHeld()), 'the end of the claim')
      expect(performance.now() - stoppedAt).toBeLessThan(1_000)
      await first
    } finally {
      await client.end()
    }
  })
})
