import { pino } from 'pino'
import { expect, test } from 'vitest'
import { WorkerLog } from '../../../src/pubsub/batches/worker-log.ts'
import { until } from '../../support/deadline.ts'
import { requestData, subscribe } from '../../support/graphql.ts'
import { startTestServer } from '../../support/server.ts'

function collectLines() {
  const lines: string[] = []
  const write = (line: string) => void lines.push(JSON.parse(line).msg)
  return { lines, logger: pino({ level: 'info' }, { write }) }
}

const batches = (consumer: string) =>
  `subscription { batches(input: { queue: "q", consumer: ${consumer} }) { batchId } }`

test('the log names who takes up a consumer and who leaves, with the reason, and no worker that is refused', async () => {
  const { lines, logger } = collectLines()
  await using server = await startTestServer({ logger })
  await requestData(
    server.url,
    `mutation { createQueue(input: { name: "q", tickerMaxLagSeconds: 0.01 }) { created }
      registerConsumer(input: { queue: "q", consumer: "c" }) { registered } }`,
  )
  const ofWorkers = () => lines.filter((line) => line.includes(' a worker '))
  const untilLines = (count: number) =>
    until(() => ofWorkers().length >= count, `line ${count}`, { describe: () => ofWorkers().join('\n') })
  const plain = subscribe('SSE', server.url, batches('"c"'))
  await untilLines(1)
  await using refused = subscribe('SSE', server.url, batches('"c"'))
  expect((await refused.next()).errors?.[0]?.extensions?.code).toBe('CONSUMER_BUSY')
  await plain[Symbol.asyncDispose]()
  await untilLines(2)
  await using member = subscribe('WebSocket', server.url, batches('"group", subconsumer: "m\\n1"'))
  await untilLines(3)
  await requestData(server.url, 'mutation { dropQueue(input: { name: "q", force: true }) { dropped } }')
  expect((await member.next()).errors?.[0]?.extensions?.code).toBe('QUEUE_NOT_FOUND')
  await untilLines(4)
  expect(ofWorkers()).toEqual([
    'Database main: a worker has taken up consumer "c" of queue "q"',
    'Database main: a worker has left consumer "c" of queue "q": its subscription has ended',
    'Database main: a worker has taken up member "m\\n1" of consumer "group" of queue "q"',
    expect.stringMatching(/^Database main: a worker has left member "m\\n1" .*: Queue "q" does not exist/),
  ])
})

test('a crowd of workers is counted', () => {
  const { lines, logger } = collectLines()
  const log = new WorkerLog({ name: 'main', logger })
  for (let n = 0; n < 30; n++) log.came({ queue: 'q', consumer: `c${n}` })
  log.close()
  expect(lines).toHaveLength(21)
  expect(lines.at(-1)).toBe('Database main: 10 more workers have come or left within 10 s')
  log.left({ queue: 'q', consumer: 'c0' }, 'because')
  expect(lines.at(-1)).toBe('Database main: a worker has left consumer "c0" of queue "q": because')
  log.close()
})
