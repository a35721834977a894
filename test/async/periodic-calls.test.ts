import { once } from 'node:events'
import net from 'node:net'
import { expect, test } from 'vitest'
import { WebSocket } from 'ws'
import { PeriodicCalls } from '../../src/async/periodic-calls.ts'
import { until } from '../support/deadline.ts'
import { startTestServer } from '../support/server.ts'

test('a heartbeat calls every member once in a period, a few at a time', async () => {
  const counts = new Map<string, number>()
  const heartbeat = new PeriodicCalls<string>(120, (member) =>
    counts.set(member, (counts.get(member) ?? 0) + 1),
  )
  const members = Array.from({ length: 50 }, (_, n) => `member ${n}`)
  for (const member of members) heartbeat.add(member)
  await until(() => counts.size > 0, 'the first call')
  expect(counts.size).toBeLessThan(50)
  await until(() => counts.get('member 0') === 3, 'three rounds')
  const spread = members.map((member) => counts.get(member) ?? 0)
  expect(Math.min(...spread)).toBeGreaterThanOrEqual(2)
  expect(Math.max(...spread)).toBeLessThanOrEqual(3)
  for (const member of members) heartbeat.delete(member)
})

test('a heartbeat of few members calls none of them before its period is over', async () => {
  const calledAt: number[] = []
  const heartbeat = new PeriodicCalls<string>(120, (member) => {
    if (member === 'one') calledAt.push(performance.now())
  })
  const addedAt = performance.now()
  for (const member of ['one', 'two']) heartbeat.add(member)
  await until(() => calledAt.length === 3, 'three rounds')
  for (const member of ['one', 'two']) heartbeat.delete(member)
  for (const [index, at] of calledAt.entries())
    expect(at - (calledAt[index - 1] ?? addedAt)).toBeGreaterThan(100)
})

test('a member that left is not called, and one that leaves in its call neither', async () => {
  const called: string[] = []
  const heartbeat: PeriodicCalls<string> = new PeriodicCalls(24, (member) => {
    called.push(member)
    if (member === 'once') heartbeat.delete(member)
  })
  for (const member of ['gone', 'once', 'stays']) heartbeat.add(member)
  heartbeat.delete('gone')
  await until(() => called.filter((member) => member === 'stays').length === 3, 'three rounds')
  heartbeat.delete('stays')
  expect(called.filter((member) => member !== 'stays')).toEqual(['once'])
})

test('a heartbeat after a standstill comes later than what was received meanwhile', async () => {
  const server = net.createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const client = net.connect((server.address() as net.AddressInfo).port, '127.0.0.1')
  const [socket] = (await once(server, 'connection')) as [net.Socket]
  const seen: string[] = []
  socket.on('data', () => seen.push('data'))
  const heartbeat = new PeriodicCalls<string>(24, () => seen.push('beat'))
  heartbeat.add('member')
  client.write('pong')
  const endsAt = performance.now() + 200
  while (performance.now() < endsAt);
  await until(() => seen.length > 1, 'both')
  expect(seen[0]).toBe('data')
  heartbeat.delete('member')
  client.destroy()
  server.close()
  await once(server, 'close')
})

test('a WebSocket that answers no ping is closed, and one that does is not', async () => {
  await using server = await startTestServer({ socketPingMs: 120 })
  const open = async (options: object) => {
    const socket = new WebSocket(server.url, 'graphql-transport-ws', options)
    socket.on('error', () => {})
    await once(socket, 'open')
    socket.send('{"type":"connection_init"}')
    return socket
  }
  const answering = await open({})
  const silent = await open({ autoPong: false })
  let pings = 0
  answering.on('ping', () => pings++)
  await once(silent, 'close')
  await until(() => pings >= 4, 'pings to the other one')
  expect(answering.readyState).toBe(WebSocket.OPEN)
  answering.terminate()
})

test('a WebSocket that says no connection_init within 3 s is closed with 4408, and one that did is not', async () => {
  await using server = await startTestServer()
  const open = async () => {
    const socket = new WebSocket(server.url, 'graphql-transport-ws')
    await once(socket, 'open')
    return socket
  }
  const introduced = await open()
  introduced.send('{"type":"connection_init"}')
  await once(introduced, 'message')
  const openedAt = performance.now()
  const silent = await open()
  const [code] = await once(silent, 'close')
  expect(code).toBe(4408)
  expect(performance.now() - openedAt).toBeGreaterThan(2_500)
  introduced.send('{"type":"ping"}')
  const [answer] = await once(introduced, 'message')
  expect(String(answer)).toBe('{"type":"pong"}')
  introduced.terminate()
})
