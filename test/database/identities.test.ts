import { expect, test } from 'vitest'
import { until } from '../support/deadline.ts'
import { startTestServer } from '../support/server.ts'
import { startTcpProxy } from '../support/tcp-proxy.ts'

test('a database under a second name is refused, whatever its URL is, until the first name is removed', async () => {
  await using server = await startTestServer()
  const { databases } = server.gateway
  await using proxy = await startTcpProxy(server.fixture.url)
  databases.add({ name: 'again', connectionString: proxy.url })
  const again = () => server.gateway.health().databases.find(({ name }) => name === 'again')
  await until(() => again()?.reasons.some((reason) => /served as "main" already/.test(reason)), 'the refusal')
  expect(databases.get('again').ticker?.status.state).not.toBe('leading')
  await until(() => server.gateway.health().isReady, 'readiness without it')

  await databases.remove('main')
  await until(() => again()?.reasons.length === 0, 'readiness under the other name', { timeoutMs: 10_000 })
  await until(() => databases.get('again').ticker?.isLeading, 'its ticker')
  databases.add({ name: 'main', connectionString: server.fixture.url })
  const main = () => server.gateway.health().databases.find(({ name }) => name === 'main')
  await until(() => main()?.reasons.some((reason) => /served as "again" already/.test(reason)), 'the refusal')
})

test('a name that no argument could have is refused', async () => {
  await using server = await startTestServer()
  for (const name of ['', 'a\0b', 'postgresql://u:geheim@h/d'])
    expect(() => server.gateway.databases.add({ name, connectionString: 'postgresql://h/d' })).toThrow(
      expect.objectContaining({ code: 'BAD_INPUT', field: 'name' }),
    )
})
