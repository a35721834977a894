import { request } from 'node:http'

/** Posts JSON and yields the lines of the answer as they come. */
export function read(
  url: string,
  body: object,
  headers: Record<string, string> = {},
): { lines(): AsyncGenerator<string>; close(): void } {
  const text = JSON.stringify(body)
  const sent = request(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text), ...headers },
  })
  sent.end(text)
  async function* lines(): AsyncGenerator<string> {
    const response = await new Promise<AsyncIterable<Buffer>>((resolve, reject) => {
      sent.on('response', resolve)
      sent.on('error', reject)
    })
    let parts: Buffer[] = []
    for await (const chunk of response) {
      let start = 0
      for (let end = chunk.indexOf(10); end >= 0; end = chunk.indexOf(10, start)) {
        parts.push(chunk.subarray(start, end))
        yield (parts.length === 1 ? parts[0] : Buffer.concat(parts))?.toString() ?? ''
        parts = []
        start = end + 1
      }
      parts.push(chunk.subarray(start))
    }
  }
  return { lines, close: () => void sent.destroy() }
}
