import { once } from 'node:events'
import { createServer } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { expect, test } from 'vitest'
import { UnsentBytes } from '../../src/memory/unsent.ts'
import { Payload } from '../../src/operations/payload.ts'
import { sendEvents } from '../../src/transports/event-stream.ts'
import { withDeadline } from '../support/deadline.ts'

const small = new Payload({ data: { text: 'grün' } })
const large = new Payload({ data: { text: 'grün'.repeat(50_000) } })

const eventsOf = ({ json }: Payload) => [
  ':\n\n',
  `event: next\ndata: ${json}\n\n`,
  'event: complete\ndata:\n\n',
]
const inChunks = (texts: string[]) =>
  [...texts, ''].map((text) => `${Buffer.byteLength(text).toString(16)}\r\n${text}\r\n`)

test.each([
  ['1.1', 'in chunks', small, inChunks(eventsOf(small))],
  ['1.1', 'of a large result in chunks', large, inChunks(eventsOf(large))],
  ['1.0', 'as it is', small, eventsOf(small)],
  ['1.0', 'of a large result as it is', large, eventsOf(large)],
])('a client of HTTP/%s is sent a stream %s', async (version, _, payload, expected) => {
  const server = createServer((_, response) =>
    sendEvents(
      {
        pipe: async (sink) => {
          await sink.give(payload)
          sink.end()
        },
        return: async () => {},
      },
      response,
      new UnsentBytes(1_000_000),
    ),
  )
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  try {
    const socket = connect((server.address() as AddressInfo).port, '127.0.0.1')
    let text = ''
    socket.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk
    })
    socket.write(
      `POST / HTTP/${version}\r\nhost: localhost\r\nconnection: close\r\ncontent-length: 0\r\n\r\n`,
    )
    await withDeadline(once(socket, 'end'), 'the end of the answer')
    expect(text.slice(text.indexOf('\r\n\r\n') + 4)).toBe(expected.join(''))
  } finally {
    server.close()
  }
})
