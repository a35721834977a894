import { request as httpRequest, type IncomingHttpHeaders } from 'node:http'
import { withDeadline } from './deadline.ts'

export interface Answer {
  status: number
  headers: IncomingHttpHeaders
  body: string
}

export interface Sent {
  method?: string
  headers?: Record<string, string>
  body: string | Buffer
  /** Sends the body without its length. */
  isChunked?: boolean
}

/** Sends bytes as they are, with the headers that are given and no others, on a connection of its own. */
export function sendBytes(url: string | URL, sent: Sent): Promise<Answer> {
  const { method = 'POST', headers, body, isChunked = false } = sent
  const length: Record<string, string> = isChunked
    ? { 'transfer-encoding': 'chunked' }
    : { 'content-length': String(Buffer.byteLength(body)) }
  const answered = new Promise<Answer>((resolve, reject) => {
    const options = { agent: false, method, headers: { ...length, ...headers } }
    const request = httpRequest(url, options, (response) => {
      response.toArray().then((chunks) => {
        const text = Buffer.concat(chunks).toString()
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body: text })
      }, reject)
    })
    request.on('error', reject)
    request.end(body)
  })
  return withDeadline(answered, 'an answer', 10_000)
}
