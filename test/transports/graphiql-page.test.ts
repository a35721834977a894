import { expect, test } from 'vitest'
import { sendBytes } from '../support/http.ts'
import { startTestServer } from '../support/server.ts'

test('the page of GraphiQL is sent compressed to whom accepts that, and once to a browser that keeps it', async () => {
  await using server = await startTestServer()
  const accept = 'text/html,application/xhtml+xml,*/*;q=0.8'
  const get = (url: string, headers: Record<string, string>) =>
    fetch(url, { headers: { accept, ...headers } })
  const sizeOf = async (encoding: string) => {
    const sent = await sendBytes(server.url, {
      method: 'GET',
      headers: { accept, 'accept-encoding': encoding },
      body: '',
    })
    expect(sent).toMatchObject({ status: 200, headers: { vary: 'accept, accept-encoding' } })
    return [sent.headers['content-encoding'], Number(sent.headers['content-length'])] as const
  }
  const plain = await (await get(server.url, { 'accept-encoding': 'identity' })).text()
  expect(plain.includes('<div id="root"></div><script>')).toBe(true)
  const [encoding, size] = await sizeOf('deflate, gzip;q=0.8, br')
  expect(encoding).toBe('gzip')
  expect(size).toBeLessThan(Buffer.byteLength(plain) / 3)
  for (const none of ['identity', 'br', 'gzip;q=0, br', 'gzip; q=0.000', 'gzippy']) {
    expect(await sizeOf(none)).toEqual([undefined, Buffer.byteLength(plain)])
  }

  const first = await get(`${server.url}?query={queues}`, {})
  expect((await first.text()) === plain).toBe(true)
  const etag = first.headers.get('etag') ?? ''
  const again = await get(server.url, { 'if-none-match': `"other", ${etag}` })
  expect([again.status, await again.text()]).toEqual([304, ''])
  expect(again.headers.get('cache-control')).toBe('no-cache')

  const api = await fetch(`${server.url}?query={__typename}`, { headers: { accept: 'application/json' } })
  expect(await api.json()).toEqual({ data: { __typename: 'Query' } })
})
