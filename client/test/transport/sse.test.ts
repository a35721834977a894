import fc from 'fast-check'
import { expect, test } from 'vitest'
import { readEvents, type ServerSentEvent } from '../../src/transport/sse.ts'

function streamOf(chunks: readonly Uint8Array[]): ReadableStream<Uint8Array> {
  return new ReadableStream({
    start(controller) {
      for (const chunk of chunks) controller.enqueue(chunk)
      controller.close()
    },
  })
}

async function eventsOf(chunks: readonly Uint8Array[]): Promise<ServerSentEvent[]> {
  const events: ServerSentEvent[] = []
  const options = { signal: new AbortController().signal, touched: () => {} }
  for await (const event of readEvents(streamOf(chunks), options)) events.push(event)
  return events
}

const text = (value: string) => new TextEncoder().encode(value)

test('gives the events of a stream and leaves out pings', async () => {
  const stream = ':\n\nevent: next\ndata: {"a":"ä"}\n\n:\n\nevent: complete\ndata:\n\n'
  expect(await eventsOf([text(stream)])).toEqual([
    { event: 'next', data: '{"a":"ä"}' },
    { event: 'complete', data: '' },
  ])
})

test('joins the lines of data and takes carriage returns', async () => {
  expect(await eventsOf([text('data: one\r\ndata: two\r\n\r\n')])).toEqual([{ event: '', data: 'one\ntwo' }])
})

test('drops an event that was cut off before its end', async () => {
  expect(await eventsOf([text('event: next\ndata: whole\n\nevent: next\ndata: ha')])).toEqual([
    { event: 'next', data: 'whole' },
  ])
})

test('gives the same events however the bytes are cut into chunks', async () => {
  const bytes = text('event: next\ndata: {"text":"zwölf €, 😀"}\n\n:\n\ndata: x\n\n')
  const whole = await eventsOf([bytes])
  await fc.assert(
    fc.asyncProperty(fc.array(fc.nat(bytes.length)), async (cuts) => {
      const at = [0, ...cuts.sort((a, b) => a - b), bytes.length]
      const chunks = at.slice(1).map((end, index) => bytes.slice(at[index], end))
      expect(await eventsOf(chunks)).toEqual(whole)
    }),
  )
})
