import { context, trace } from '@opentelemetry/api'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { until, withDeadline } from '../../test/support/deadline.ts'
import { startTestServer, type TestServer } from '../../test/support/server.ts'
import { type RecordedSpan, recordSpans, type SpanRecorder } from '../../test/support/spans.ts'
import { type Event, fail } from '../src/index.ts'
import { openTelemetry } from '../src/opentelemetry/open-telemetry.ts'
import { startGatewayDouble } from './support/gateway-double.ts'
import { socketClient } from './support/socket-client.ts'
import { transports } from './support/transports.ts'

let server: TestServer
let recorder: SpanRecorder
let queues = 0

const tracing = openTelemetry({ traceparentColumn: 'extra4' })

beforeAll(async () => {
  recorder = recordSpans()
  server = await startTestServer({ tracing: { traceparentColumn: 'extra4' } })
})

beforeEach(() => recorder.reset())

afterAll(() => server[Symbol.asyncDispose]())

const named = (name: string): RecordedSpan[] => recorder.spans().filter((span) => span.name === name)
const spanOf = (name: string) => until(() => named(name)[0], `a span ${name}`, { timeoutMs: 20_000 })
/** Names the spans from one up to the root. */
const lineOf = (span: RecordedSpan): string[] => {
  const parent = recorder.spans().find(({ spanId }) => spanId === span.parentId)
  return [span.name, ...(parent ? lineOf(parent) : [])]
}
/** Runs work in a span of the program. */
const within = <Result>(name: string, work: () => Promise<Result>): Promise<Result> =>
  trace.getTracer('test').startActiveSpan(name, (span) => work().finally(() => span.end()))

describe.each(transports)('over $name', ({ createClient }) => {
  const start = async () => {
    const queue = `queue ${++queues}`
    const client = createClient({ url: server.url, tracing })
    await client.createQueue(queue, { tickerMaxLagSeconds: 0.05 })
    await client.registerConsumer(queue, 'c')
    return { queue, client }
  }

  test('one trace leads from a publish to the handler of its event and to the settlement', async () => {
    const { queue, client } = await start()
    let inHandler: string | undefined
    await using consumption = client.consume(
      queue,
      { consumer: 'c' },
      {
        async event() {
          await Promise.resolve()
          inHandler = trace.getSpanContext(context.active())?.spanId
        },
      },
    )
    await consumption.ready
    await within('order', () => client.publish(queue, { type: 'created', data: 'secret' }))
    const settled = await spanOf(`finishBatch ${queue}`)
    await until(() => named(`process ${queue}`).length === 2, 'the spans of the work')
    const sent = [`insertEvent ${queue}`, 'mutation', `publish ${queue}`, 'order']
    expect(lineOf(settled)).toEqual([
      `finishBatch ${queue}`,
      'mutation',
      `settle ${queue}`,
      `process ${queue}`,
      ...sent,
    ])
    expect(lineOf(await spanOf(`batch ${queue}`))).toEqual([`batch ${queue}`, ...sent])
    const [handled, whole] = named(`process ${queue}`)
    expect(handled).toMatchObject({
      kind: 'CONSUMER',
      spanId: inHandler,
      parentId: whole?.spanId,
      error: undefined,
      attributes: {
        'messaging.system': 'pgq',
        'messaging.operation.type': 'process',
        'messaging.destination.name': queue,
        'messaging.consumer.group.name': 'c',
        'messaging.message.id': expect.stringMatching(/^\d+$/),
      },
    })
    expect(whole?.links).toEqual([named(`insertEvent ${queue}`)[0]?.spanId])
    const traces = recorder.spans().filter(({ attributes }) => attributes['messaging.system'] === 'pgq')
    expect(new Set(traces.map(({ traceId }) => traceId)).size).toBe(1)
    expect(JSON.stringify(recorder.spans())).not.toContain('secret')
  })

  test('a publisher has each event go on with the trace of its own caller', async () => {
    const { queue, client } = await start()
    const handled = new Map<string | null, string | undefined>()
    {
      await using publisher = client.publisher(queue)
      const publish = (data: string) => within(data, () => publisher.publish({ data }))
      await Promise.all([publish('a'), publish('b')])
    }
    const sent = await spanOf(`publish ${queue}`)
    const created = named(`create ${queue}`)
    expect(created.map(lineOf)).toEqual([
      [`create ${queue}`, 'a'],
      [`create ${queue}`, 'b'],
    ])
    expect(sent).toMatchObject({
      kind: 'CLIENT',
      parentId: undefined,
      links: created.map(({ spanId }) => spanId),
    })
    const seen = (event: Event) => {
      handled.set(event.data, trace.getSpanContext(context.active())?.traceId)
    }
    await using consumption = client.consume(queue, { consumer: 'c' }, { event: seen })
    await consumption.ready
    const whole = await until(
      () => named(`process ${queue}`).find(({ links }) => links.length === 2),
      'the span of the batch',
    )
    expect([...handled]).toEqual(created.map(({ traceId }, index) => ['ab'[index], traceId]))
    expect(whole.parentId).toBeUndefined()
    expect(whole.links).toEqual(created.map(({ spanId }) => spanId))
    const [first] = named(`process ${queue}`)
    expect(first).toMatchObject({ parentId: created[0]?.spanId, links: [whole.spanId] })
    expect(await spanOf(`settle ${queue}`)).toMatchObject({ parentId: whole.spanId })
  })

  test('failures are told by their code, or by the name of what was thrown', async () => {
    const { queue, client } = await start()
    await expect(client.publish('no queue', { data: '1' })).rejects.toThrow()
    expect(await spanOf('publish no queue')).toMatchObject({
      error: 'QUEUE_NOT_FOUND',
      attributes: { 'error.type': 'QUEUE_NOT_FOUND' },
    })
    await client.publish(queue, [{ type: 'throw' }, { type: 'fail' }])
    await using consumption = client.consume(
      queue,
      { consumer: 'c', onProblem: () => {} },
      {
        types: {
          throw: () => {
            throw new RangeError('secret')
          },
          fail: () => fail('secret'),
        },
        fallback: () => {},
      },
    )
    await consumption.ready
    const worked = () => named(`process ${queue}`).slice(0, 3)
    await until(() => worked().length === 3, 'the spans of the work')
    expect(worked().map(({ error }) => error)).toEqual(['RangeError', undefined, undefined])
    expect(JSON.stringify(recorder.spans())).not.toContain('secret')
  })

  test('work on a whole batch is a span with the error of its handler', async () => {
    const { queue, client } = await start()
    await client.publish(queue, { data: '1' })
    const seen: (string | undefined)[] = []
    await using consumption = client.consume(queue, { consumer: 'c', onProblem: () => {} }, ({ attempt }) => {
      seen.push(trace.getSpanContext(context.active())?.spanId)
      if (attempt === 1) throw new TypeError('no')
    })
    await consumption.ready
    await until(() => named(`process ${queue}`).length === 2, 'two attempts')
    expect(named(`process ${queue}`).map(({ spanId, error }) => [spanId, error])).toEqual([
      [seen[0], 'TypeError'],
      [seen[1], undefined],
    ])
    expect(named(`settle ${queue}`)).toHaveLength(1)
  })

  test('the context of an event is there for whoever reads the log', async () => {
    const { queue, client } = await start()
    await client.publish(queue, { data: '1' })
    const sent = await spanOf(`insertEvent ${queue}`)
    for await (const message of client.tail(queue, { after: '1' })) {
      if (message.__typename !== 'TickBatch') continue
      const [event] = message.events
      const origin = event && trace.getSpanContext(tracing.contextOf(event))
      expect(origin).toMatchObject({ traceId: sent.traceId, spanId: sent.spanId })
      break
    }
  })
})

test('without tracing nothing of it is sent', async () => {
  await using gateway = await startGatewayDouble(({ id }, socket) => {
    socket.send(JSON.stringify({ id, type: 'next', payload: { data: { insertEvent: { eventId: '1' } } } }))
    socket.send(JSON.stringify({ id, type: 'complete' }))
  })
  const { client } = socketClient({ url: gateway.url })
  await within('order', () => withDeadline(client.publish('q', { data: '1' }), 'the answer'))
  const { client: traced } = socketClient({ url: gateway.url, tracing })
  await within('order', () => withDeadline(traced.publish('q', { data: '1' }), 'the answer'))
  const payloads = gateway.heard.filter(({ type }) => type === 'subscribe').map(({ payload }) => payload)
  const [sent] = named('publish q')
  expect(payloads).toEqual([
    { query: expect.any(String), variables: expect.any(Object) },
    {
      query: expect.any(String),
      variables: expect.any(Object),
      extensions: { traceparent: `00-${sent?.traceId}-${sent?.spanId}-01` },
    },
  ])
  expect(recorder.spans().map(({ name }) => name)).toEqual(['order', 'publish q', 'order'])
})
