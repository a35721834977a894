import { once } from 'node:events'
import { createServer } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { setImmediate as immediate } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { UnsentBytes } from '../../src/memory/unsent.ts'
import { Payload } from '../../src/operations/payload.ts'
import type { PayloadStream } from '../../src/operations/payload-stream.ts'
import { sendEvents } from '../../src/transports/event-stream.ts'
import { until } from '../support/deadline.ts'

const payload = new Payload({ data: { text: 'x'.repeat(100_000) } })

test('a reader that reads nothing is asked for nothing more, and one that goes away ends its stream', async () => {
  let asked = 0
  let isEnded = false
  const payloads: Pick<PayloadStream, 'pipe' | 'return'> = {
    pipe: async (sink) => {
      while (!isEnded) {
        asked++
        await (sink.give(payload) ?? immediate())
      }
    },
    return: async () => {
      isEnded = true
    },
  }
  const server = createServer((_, response) => sendEvents(payloads, response, new UnsentBytes(1_000_000)))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1')
  await once(socket, 'connect')
  socket.pause()
  socket.write('POST / HTTP/1.1\r\nhost: localhost\r\ncontent-length: 0\r\n\r\n')
  let last = -1
  await until(() => {
    const stands = asked > 0 && asked === last
    last = asked
    return stands
  }, 'the server to wait for its reader')
  // What the kernel holds for both ends, and one payload here.
  expect(asked).toBeLessThan(200)
  const before = asked
  socket.resume()
  await until(() => asked > before + 10, 'the stream to go on with its reader')
  socket.destroy()
  await until(() => isEnded, 'the end of the stream')
  server.close()
})
