import { setTimeout as delay } from 'node:timers/promises'
import type { Arena } from './arena.ts'
import { sizes } from './sizes.ts'
import type { Row } from './table.ts'

/** How long does it take until the first database is ready, and until all are? */
export async function measureStart({ launchGateway }: Arena): Promise<Row[]> {
  const startedAt = performance.now()
  await using gateway = await launchGateway()
  let first: number | undefined
  for (;;) {
    const answer = await fetch(new URL('/health/ready', gateway.url))
    const { databases } = (await answer.json()) as { databases: { reasons: string[] }[] }
    const seconds = (performance.now() - startedAt) / 1_000
    if (first === undefined && databases.some(({ reasons }) => reasons.length === 0)) first = seconds
    if (answer.ok && first !== undefined) {
      return [
        row('until the first database is ready', first, 2),
        row(`until ${sizes.databases} databases are ready`, seconds, 60),
      ]
    }
    await delay(50)
  }
}

function row(question: string, seconds: number, limit: number): Row {
  return {
    question: `cold start: ${question}`,
    measured: `${seconds.toFixed(1)} s`,
    beside: '',
    target: `< ${limit} s`,
    isMet: seconds < limit,
  }
}
