import type { IncomingMessage, ServerResponse } from 'node:http'
import { promisify } from 'node:util'
import { constants, gzip } from 'node:zlib'
import type { Measured, Metrics } from '../metrics/metrics.ts'
import { setAnswerHeaders } from '../transports/answer-headers.ts'
import { acceptsGzip } from '../transports/content-encoding.ts'

/** Answers with the metrics of this process and of its databases. */
export async function answerMetrics(
  request: IncomingMessage,
  response: ServerResponse,
  metrics: Metrics,
  measured: Measured,
): Promise<void> {
  const text = await metrics.text(measured)
  const isGzipped = acceptsGzip(request.headers['accept-encoding'])
  const body = isGzipped ? await promisify(gzip)(text, { level: constants.Z_BEST_SPEED }) : text
  setAnswerHeaders(response)
  response.writeHead(200, {
    'content-type': metrics.contentType,
    'cache-control': 'no-store',
    vary: 'accept-encoding',
    ...(isGzipped && { 'content-encoding': 'gzip' }),
  })
  response.end(body)
}
