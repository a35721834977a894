import type { ServerResponse } from 'node:http'
import type { Registry } from 'prom-client'
import type { LiveDatabase } from '../database/live-database.ts'
import { writeDatabaseMetrics } from '../metrics/database-metrics.ts'
import { setAnswerHeaders } from '../transports/answer-headers.ts'

/** Answers with the metrics of this process and of its databases. */
export async function answerMetrics(
  response: ServerResponse,
  registry: Registry,
  databases: readonly LiveDatabase[],
): Promise<void> {
  const texts = await Promise.all([registry.metrics(), writeDatabaseMetrics(databases)])
  setAnswerHeaders(response)
  response.writeHead(200, { 'content-type': registry.contentType, 'cache-control': 'no-store' })
  response.end(texts.join('\n'))
}
