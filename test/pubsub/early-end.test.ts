import { once } from 'node:events'
import net from 'node:net'
import { expect, test } from 'vitest'
import { openConnections } from '../support/connections.ts'
import { createTestDatabase } from '../support/database.ts'

const readyForQuery = Buffer.from('5a0000000549', 'hex')

/** What a server sends as it ends a session at an administrator's command. */
function fatalError(): Buffer {
  const fields = ['SFATAL', 'VFATAL', 'C57P01', 'Mterminating connection due to administrator command']
  const body = Buffer.from(`${fields.join('\0')}\0\0`)
  const head = Buffer.alloc(5)
  head.write('E')
  head.writeInt32BE(body.length + 4, 1)
  return Buffer.concat([head, body])
}

test('a server that ends a session in the packet that opened it makes a call UNAVAILABLE, and not the process crash', async () => {
  await using fixture = await createTestDatabase()
  const target = new URL(fixture.url)
  let endsAtOnce = false
  const sockets = new Set<net.Socket>()
  const proxy = net.createServer((client) => {
    const server = net.connect(Number(target.port), target.hostname)
    for (const socket of [client, server]) {
      sockets.add(socket)
      socket.on('error', () => {})
    }
    client.pipe(server)
    server.on('data', (chunk) => {
      const isOpened = endsAtOnce && chunk.includes(readyForQuery)
      client.write(isOpened ? Buffer.concat([chunk, fatalError()]) : chunk)
      if (isOpened) client.end()
    })
    server.on('close', () => client.destroy())
    client.on('close', () => server.destroy())
  })
  proxy.listen(0, '127.0.0.1')
  await once(proxy, 'listening')
  const through = new URL(fixture.url)
  through.hostname = '127.0.0.1'
  through.port = String((proxy.address() as net.AddressInfo).port)
  const database = openConnections(through.href)
  try {
    endsAtOnce = true
    for (let n = 0; n < 5; n++) {
      const answer = database.call({ name: 'one', role: 'reader', text: 'select 1 as one' })
      await expect(answer).rejects.toMatchObject({ code: 'UNAVAILABLE' })
    }
    endsAtOnce = false
    expect(await database.call({ name: 'one', role: 'reader', text: 'select 1 as one' })).toEqual([
      { one: 1 },
    ])
  } finally {
    await database.close()
    proxy.close()
    for (const socket of sockets) socket.destroy()
  }
})
