import { connect } from 'node:net'
import { pino } from 'pino'
import { expect, test } from 'vitest'
import { createTestGateway, listen, serverOf } from '../gateway/mounted.ts'
import { until } from '../support/deadline.ts'
import { request } from '../support/graphql.ts'

const head = (more: string) => `POST /graphql HTTP/1.1\r\nHost: localhost\r\n${more}\r\n\r\n`
const json = 'Content-Type: application/json'

test.each([
  ['its head', `POST /graphql HTTP/1.1\r\nHost: local`],
  ['a body of known length', `${head(`${json}\r\nContent-Length: 1000`)}{"query":`],
  ['a large body', `${head(`${json}\r\nContent-Length: 1000000`)}{"query":`],
  ['a body in chunks', `${head(`${json}\r\nTransfer-Encoding: chunked`)}5\r\n{"que\r\n`],
  [
    'a body that is compressed',
    `${head(`${json}\r\nContent-Encoding: gzip\r\nContent-Length: 1000`)}\x1f\x8b`,
  ],
  ['a form', `${head('Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 1000')}query=`],
  [
    'a stream',
    `${head(`${json}\r\nAccept: text/event-stream\r\nContent-Length: 58`)}{"query":"subscription{ticks(queue:\\"q\\"){__typename}}"}    `,
  ],
])('a client that resets its request after %s leaves no error in the log', async (_, text) => {
  const errors: string[] = []
  const logger = pino({ level: 'error' }, { write: (line: string) => void errors.push(line) })
  await using t = await createTestGateway({ logger })
  await using server = await listen(serverOf(t.gateway))
  for (let n = 0; n < 5; n++) {
    const socket = connect(Number(new URL(server.url).port), '127.0.0.1')
    socket.on('error', () => {})
    await new Promise<void>((resolve) => socket.write(text, () => resolve()))
    expect(await request(server.url, '{ __typename }')).toEqual({ data: { __typename: 'Query' } })
    socket.resetAndDestroy()
  }
  await until(() => t.gateway.databases.get('main').streams.size === 0, 'the end of streams')
  expect(await request(server.url, '{ __typename }')).toEqual({ data: { __typename: 'Query' } })
  expect(errors).toEqual([])
})
