import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import pg from 'pg'

/**
 * Serves the same tasks without the gateway: node:http, `pg`, JSON. Each request is its own statement and transaction.
 *
 *     database.ts <database url>
 */
const pool = new pg.Pool({ connectionString: process.argv[2] ?? '', max: 10 })

const insertOne = { name: 'one', text: 'select pgq.insert_event($1, $2, $3) as id' }
const insertMany = { name: 'many', text: 'select pgq_gateway.insert_events($1, $2, $3) as ids' }
const nextBatch = { name: 'next', text: 'select pgq.next_batch($1, $2) as id' }
const finishBatch = { name: 'finish', text: 'select pgq.finish_batch($1)' }
const batchEvents = { name: 'events', text: 'select * from pgq.get_batch_events($1)' }

interface Body {
  queue: string
  consumer: string
  acknowledged: boolean
  batchId: string
  type: string
  data: string
  events: { type: string; data: string }[]
}

async function answer(path: string, body: Body): Promise<object> {
  if (path === '/insert') {
    const { rows } = await pool.query({ ...insertOne, values: [body.queue, body.type, body.data] })
    return { eventId: rows[0].id }
  }
  if (path === '/finish') {
    const { rows } = await pool.query({ ...finishBatch, values: [body.batchId] })
    acknowledge()
    return { finished: rows[0] }
  }
  const values = [body.queue, body.events.map((event) => event.type), body.events.map((event) => event.data)]
  const { rows } = await pool.query({ ...insertMany, values })
  return { eventIds: rows[0].ids }
}

/** Resumes the stream that waits for its client. */
let acknowledge = () => {}

/**
 * Streams every batch that the consumer is owed, one JSON text per line. With `acknowledged`, a batch is finished only
 * after the client confirms it, as a consumer needs that must not lose events.
 */
async function stream({ queue, consumer, acknowledged }: Body, response: ServerResponse): Promise<void> {
  response.writeHead(200, { 'content-type': 'application/x-ndjson' })
  for (;;) {
    const { rows } = await pool.query({ ...nextBatch, values: [queue, consumer] })
    const batchId = rows[0].id
    if (batchId === null) break
    const events = await pool.query({ ...batchEvents, values: [batchId] })
    const had = new Promise<void>((resolve) => {
      acknowledge = resolve
    })
    response.write(`${JSON.stringify({ batchId, events: events.rows })}\n`)
    if (acknowledged) await had
    else await pool.query({ ...finishBatch, values: [batchId] })
  }
  response.end()
}

function onRequest(request: IncomingMessage, response: ServerResponse): void {
  const chunks: Buffer[] = []
  request.on('data', (chunk: Buffer) => chunks.push(chunk))
  request.on('end', async () => {
    const path = request.url ?? ''
    const body = JSON.parse(Buffer.concat(chunks).toString()) as Body
    try {
      if (path === '/batches') return await stream(body, response)
      const text = JSON.stringify(await answer(path, body))
      response.writeHead(200, {
        'content-type': 'application/json',
        'content-length': Buffer.byteLength(text),
      })
      response.end(text)
    } catch (error) {
      response.writeHead(500).end(String(error))
    }
  })
}

const server = createServer({ keepAliveTimeout: 65_000 }, onRequest)
server.listen(0, '127.0.0.1', () => {
  console.log(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
})
