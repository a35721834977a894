import { once } from 'node:events'
import { copyFileSync } from 'node:fs'
import { copyFile, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { Agent, request as httpsRequest } from 'node:https'
import { join } from 'node:path'
import { connect, type TLSSocket } from 'node:tls'
import { pino } from 'pino'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ConfigError } from '../../src/config/config-error.ts'
import { createPgqServer } from '../../src/server/server.ts'
import { type Certificates, makeCertificates } from '../support/certificates.ts'
import { until, withDeadline } from '../support/deadline.ts'
import { loggedLines } from '../support/log-lines.ts'
import { startTestServer, type TestServer } from '../support/server.ts'
import { type TemporaryDirectory, temporaryDirectory } from '../support/temporary-directory.ts'

let directory: TemporaryDirectory
let certificates: Certificates
let authority: Buffer
beforeAll(async () => {
  directory = await temporaryDirectory()
  certificates = await makeCertificates(directory.path)
  authority = await readFile(certificates.authority)
})
afterAll(() => directory[Symbol.asyncDispose]())

function filesOf({ certificate, key }: { certificate: string; key: string }) {
  return { certFile: certificate, keyFile: key }
}

function query(server: TestServer, agent: Agent): Promise<string> {
  const url = new URL(server.url)
  const answered = new Promise<string>((resolve, reject) => {
    const options = { agent, method: 'POST', host: '127.0.0.1', servername: 'localhost' }
    const sent = httpsRequest(
      { ...options, port: url.port, path: url.pathname, headers: { 'content-type': 'application/json' } },
      (response) => response.toArray().then((chunks) => resolve(Buffer.concat(chunks).toString()), reject),
    )
    sent.on('error', reject)
    sent.end('{"query":"{__typename}"}')
  })
  return withDeadline(answered, 'an answer')
}

async function handshake(server: TestServer, options: object = {}): Promise<TLSSocket> {
  const port = Number(new URL(server.url).port)
  const socket = connect({ host: '127.0.0.1', port, servername: 'localhost', ca: authority, ...options })
  await once(socket, 'secureConnect')
  return socket
}

async function serialOf(server: TestServer): Promise<string> {
  const socket = await handshake(server)
  const { serialNumber } = socket.getPeerCertificate()
  socket.destroy()
  return serialNumber
}

test('the API is served with TLS, on every transport, and by no version before 1.2', async () => {
  await using server = await startTestServer({ tls: filesOf(certificates.server) })
  expect(server.url).toMatch(/^https:\/\/127\.0\.0\.1:\d+\/graphql$/)
  const agent = new Agent({ ca: authority })
  expect(JSON.parse(await query(server, agent))).toEqual({ data: { __typename: 'Query' } })
  agent.destroy()

  const socket = await handshake(server, { minVersion: 'TLSv1.2', maxVersion: 'TLSv1.2' })
  socket.write(
    'GET /graphql HTTP/1.1\r\nHost: localhost\r\nOrigin: https://localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: graphql-transport-ws\r\n\r\n',
  )
  expect(String((await once(socket, 'data'))[0])).toMatch(/^HTTP\/1.1 101 /)
  socket.destroy()
  const weak = { minVersion: 'TLSv1.1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' }
  await expect(handshake(server, weak)).rejects.toThrow()
})

test('a page of the same name without TLS is a page of another origin', async () => {
  await using server = await startTestServer({ tls: filesOf(certificates.server) })
  const socket = await handshake(server)
  socket.write('GET /graphql HTTP/1.1\r\nHost: localhost\r\nOrigin: http://localhost\r\n\r\n')
  expect(String((await once(socket, 'data'))[0])).toMatch(/^HTTP\/1.1 403 /)
  socket.destroy()
})

test('an upgrade to what is not served is ignored with TLS, too', async () => {
  await using server = await startTestServer({ tls: filesOf(certificates.server) })
  const socket = await handshake(server)
  socket.write('GET /health/live HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n')
  expect(String((await once(socket, 'data'))[0])).toMatch(/^HTTP\/1.1 200 /)
  socket.destroy()
})

test('a stream is cut when the server closes, so that its client does not take it for complete', async () => {
  const server = await startTestServer({ tls: filesOf(certificates.server) })
  const socket = await handshake(server)
  let text = ''
  socket.on('data', (data) => (text += data))
  socket.on('error', () => {})
  const body = JSON.stringify({ query: 'subscription { ticks { __typename } }' })
  socket.write(
    `POST /graphql HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
  )
  await until(() => text.includes(':\n\n'), 'the beginning of the stream')
  const ended = once(socket, 'close')
  await server[Symbol.asyncDispose]()
  await withDeadline(ended, 'the end of the connection')
  expect(text).not.toContain('event: complete')
  expect(text.endsWith('0\r\n\r\n')).toBe(false)
})

test('a new certificate is used by new connections, those that are open stay, and a broken one changes nothing', async () => {
  const files = { certFile: join(directory.path, 'used.crt'), keyFile: join(directory.path, 'used.key') }
  const first = certificates.server
  const second = await certificates.client('second')
  const use = async (name: 'certFile' | 'keyFile', source: string) => {
    // A file takes the other's place at once, as certbot and Kubernetes do it.
    await copyFile(source, `${files[name]}.new`)
    await rename(`${files[name]}.new`, files[name])
  }
  await use('certFile', first.certificate)
  await use('keyFile', first.key)
  const lines: string[] = []
  const logger = pino({ level: 'info' }, { write: (line: string) => lines.push(line) })
  await using server = await startTestServer({ tls: files, logger })
  const before = await serialOf(server)
  const agent = new Agent({ ca: authority, keepAlive: true, maxSockets: 1 })
  await query(server, agent)
  const [kept] = Object.values(agent.freeSockets).flat()

  await writeFile(files.certFile, 'no certificate')
  await until(() => lines.some((line) => line.includes('used.crt cannot be used for TLS')), 'the warning')
  expect(await serialOf(server)).toBe(before)
  await use('certFile', second.certificate)
  await until(() => lines.filter((line) => line.includes('stays in use')).length === 2, 'the second warning')
  expect(await serialOf(server)).toBe(before)
  await rm(files.keyFile)
  await until(
    () => lines.some((line) => line.includes('used.key cannot be used for TLS')),
    'the third warning',
  )
  // Each of these is found a second after the one before; a look at the key that finds nothing new says nothing.
  for (const content of ['!!!!', 'AAAA']) {
    const count = lines.length
    await writeFile(files.certFile, `-----BEGIN CERTIFICATE-----\n${content}\n-----END CERTIFICATE-----\n`)
    await until(() => lines.length > count, 'another warning')
    expect(lines.at(-1)).toContain('used.crt')
  }
  expect(lines.filter((line) => line.includes('used.key'))).toHaveLength(1)
  await use('certFile', second.certificate)
  await use('keyFile', second.key)
  await until(() => lines.some((line) => line.includes('TLS has a new certificate')), 'the renewal')

  const expected = await readFile(second.certificate, 'utf8')
  const socket = await handshake(server, { rejectUnauthorized: false })
  expect(socket.getPeerX509Certificate()?.toString()).toBe(expected)
  socket.destroy()
  await query(server, agent)
  expect(Object.values(agent.freeSockets).flat()).toEqual([kept])
  agent.destroy()
})

test('a renewal of both files at once is one new certificate, and nothing to warn of', async () => {
  const files = { certFile: join(directory.path, 'both.crt'), keyFile: join(directory.path, 'both.key') }
  const use = ({ certificate, key }: { certificate: string; key: string }) => {
    // No look at the files comes between these two.
    copyFileSync(certificate, files.certFile)
    copyFileSync(key, files.keyFile)
  }
  use(certificates.server)
  const { logger, lines } = loggedLines()
  const renewed = await certificates.client('renewed')
  await using _server = await startTestServer({ tls: files, logger })
  use(renewed)
  const told = () => lines.map(({ msg }) => msg).filter((msg) => msg?.includes('TLS'))
  await until(() => told().length > 0, 'the renewal')
  expect(told()).toEqual([`TLS has a new certificate, of ${files.certFile}`])
})

describe('a server is not made', () => {
  const database = { name: 'main', connectionString: 'postgresql://localhost/none' }
  const create = (tls: { certFile: string; keyFile: string }) => () =>
    createPgqServer({ databases: [database], host: '127.0.0.1', port: 0, tls })

  test('with a file that is not there', () => {
    const { certFile, keyFile } = filesOf(certificates.server)
    const missing = join(directory.path, 'missing.pem')
    expect(create({ certFile: missing, keyFile })).toThrow(ConfigError)
    expect(create({ certFile: missing, keyFile })).toThrow(`tls.certFile ${missing}: there is no such file`)
    expect(create({ certFile, keyFile: missing })).toThrow(`tls.keyFile ${missing}: there is no such file`)
  })

  test('with the key of another certificate, or with no certificate', async () => {
    const { certFile, keyFile } = filesOf(certificates.server)
    const { key } = await certificates.client('other')
    expect(create({ certFile, keyFile: key })).toThrow(
      `tls.certFile ${certFile}, tls.keyFile ${key}: cannot be used together`,
    )
    expect(create({ certFile: keyFile, keyFile })).toThrow(/cannot be used together/)
  })
})
