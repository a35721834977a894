import type { Logger } from 'pino'
import type { Config } from '../config/shape.ts'
import { formatSeconds } from '../duration.ts'
import { tickMaker } from '../resolvers/ticks/who-ticks.ts'
import { eachDatabase, type Outcome, throwFailures } from './each-database.ts'
import { paint, type Tone } from './paint.ts'
import { describeSchemas, describeTicker, findProblems } from './status-findings.ts'
import {
  type ConsumerStatus,
  type MoverSourceStatus,
  type QueueStatus,
  readStatus,
  type StatusReport,
} from './status-report.ts'
import { type Column, formatTable, printable } from './table.ts'
import { directUrlOf, runningDatabases } from './targets.ts'
import { isSome, lagInWords, toneOfLag, troubleOfConsumer, troubleOfQueue, worstFirst } from './troubles.ts'

/** Largest number of problems that the text lists; the tables show all. */
const MAX_PROBLEMS = 20

interface Given {
  json: boolean
  /** Names of databases; none for all. */
  only: readonly string[]
}

/**
 * Prints what is wrong, who ticks, and queues and consumers as tables, for each database, under a summary where there are
 * several; or all of it as one JSON object.
 */
export async function status(config: Config, logger: Logger, { json, only }: Given): Promise<void> {
  const databases = await runningDatabases(config, only)
  const outcomes = await eachDatabase(databases, logger, (database) =>
    readStatus(directUrlOf(database), config, logger),
  )
  if (outcomes.length === 1) throwFailures(outcomes)
  console.log(json ? formatJson(outcomes) : formatText(outcomes))
  throwFailures(outcomes)
}

function formatJson(outcomes: readonly Outcome<StatusReport>[]): string {
  const databases = outcomes.map((outcome) =>
    'error' in outcome
      ? { name: outcome.name, error: outcome.error.message }
      : { name: outcome.name, error: null, problems: findProblems(outcome.result), ...outcome.result },
  )
  return JSON.stringify({ databases }, null, 2)
}

function formatText(outcomes: readonly Outcome<StatusReport>[]): string {
  const reports = outcomes.flatMap((outcome) => ('result' in outcome ? [outcome] : []))
  if (outcomes.length === 1) return reports.map(({ result }) => format(result)).join()
  const parts = reports.map(({ name, result }) => `Database ${printable(name)}\n\n${format(result)}`)
  return [formatTable(outcomes, summaryColumns), ...parts].join('\n\n')
}

const summaryColumns: readonly Column<Outcome<StatusReport>>[] = [
  { title: 'Database', value: ({ name }) => name },
  { title: 'Queues', value: (outcome) => reportOf(outcome)?.queues.length ?? null, align: 'right' },
  { title: 'Consumers', value: (outcome) => reportOf(outcome)?.consumers.length ?? null, align: 'right' },
  { title: 'Problems', value: problemCountOf, align: 'right' },
  { title: 'State', value: (outcome) => ('error' in outcome ? outcome.error.message : 'read') },
]

function reportOf(outcome: Outcome<StatusReport>): StatusReport | null {
  return 'result' in outcome ? outcome.result : null
}

function problemCountOf(outcome: Outcome<StatusReport>): number | null {
  const report = reportOf(outcome)
  return report && findProblems(report).length
}

function format(report: StatusReport): string {
  const { queues, consumers, movers } = report
  if (queues.length === 0) return 'No queues.'
  const parts = [
    `Ticks are made by: ${printable(describeTicker(report))}\nSchemas: ${printable(describeSchemas(report))}`,
    formatTable(worstFirst(queues, troubleOfQueue), queueColumns(report)),
    consumers.length === 0
      ? 'No consumers.'
      : formatTable(worstFirst(consumers, troubleOfConsumer), consumerColumns),
    ...(movers.length === 0 ? [] : [formatTable(movers, moverColumns)]),
  ]
  const problems = findProblems(report).map((problem) => `- ${printable(problem)}`)
  const left = problems.length - MAX_PROBLEMS
  if (left > 0) problems.splice(MAX_PROBLEMS, left, `- and ${left} more`)
  if (problems.length > 0) parts.unshift([paint('What is wrong:', 'bad'), ...problems].join('\n'))
  return parts.join('\n\n')
}

function queueColumns({ ticking }: StatusReport): readonly Column<QueueStatus>[] {
  const isNobody = ticking !== null && tickMaker(ticking, false) === 'nobody'
  return [
    { title: 'Queue', value: (queue) => queue.name },
    { title: 'Consumers', value: (queue) => queue.consumers, align: 'right' },
    { title: 'Last tick', value: (queue) => queue.lastTickId, align: 'right' },
    { title: 'Tick age', value: (queue) => formatSeconds(queue.tickerLagSeconds), align: 'right' },
    { title: 'Events/s', value: (queue) => queue.currentEventsPerSecond?.toFixed(1) ?? null, align: 'right' },
    { title: 'Since tick', value: (queue) => queue.newEvents, align: 'right' },
    { title: 'Retries', value: (queue) => queue.retryCount, align: 'right' },
    {
      title: 'Dead letters',
      value: (queue) => queue.deadLetterCount,
      align: 'right',
      tone: ({ deadLetterCount }) => (isSome(deadLetterCount) ? 'warning' : null),
    },
    {
      title: 'Rotation',
      value: (queue) => `${queue.tables} × ${formatSeconds(queue.rotationPeriodSeconds)}`,
    },
    { title: 'Blocked by', value: (queue) => queue.rotationBlockedBy, tone: () => 'bad' },
    {
      title: 'Ticker',
      value: (queue) => tickerOf(queue, ticking === null, isNobody),
      tone: (queue) => toneOfTicker(queue, isNobody),
    },
  ]
}

const consumerColumns: readonly Column<ConsumerStatus>[] = [
  { title: 'Queue', value: (consumer) => consumer.queue },
  { title: 'Consumer', value: (consumer) => consumer.name },
  { title: 'Connected', value: ({ connected }) => (connected === null ? null : connected ? 'yes' : 'no') },
  {
    title: 'Lag',
    value: ({ connected, oldestPendingSeconds }) =>
      connected === null ? null : lagInWords(oldestPendingSeconds),
    align: 'right',
    tone: ({ oldestPendingSeconds }) => toneOfLag(oldestPendingSeconds),
  },
  { title: 'Pending', value: (consumer) => consumer.pendingEvents, align: 'right' },
  { title: 'Open batch', value: (consumer) => consumer.currentBatchId, align: 'right' },
  { title: 'Open for', value: (consumer) => formatSeconds(consumer.openBatchSeconds), align: 'right' },
  { title: 'Last seen', value: (consumer) => formatSeconds(consumer.lastSeenSeconds), align: 'right' },
]

const moverColumns: readonly Column<MoverSourceStatus>[] = [
  { title: 'Mover', value: ({ mover }) => mover },
  { title: 'Source', value: ({ source }) => source },
  { title: 'Moved', value: ({ eventsMoved }) => eventsMoved, align: 'right' },
  { title: 'Last', value: ({ movedAt }) => movedAt },
  { title: 'State', value: ({ state }) => state, tone: ({ state }) => (state === 'stopped' ? 'bad' : null) },
]

function tickerOf(queue: QueueStatus, isUnknown: boolean, isNobody: boolean): string | null {
  if (queue.tickerPaused) return 'paused'
  if (queue.externalTicker) return 'external'
  if (queue.tickOverdueSeconds !== null) return `overdue ${formatSeconds(queue.tickOverdueSeconds)}`
  if (isUnknown) return null
  return isNobody ? 'nobody' : 'on'
}

function toneOfTicker(queue: QueueStatus, isNobody: boolean): Tone | null {
  if (queue.tickerPaused) return isSome(queue.newEvents) ? 'bad' : 'warning'
  return queue.tickOverdueSeconds !== null || (isNobody && !queue.externalTicker) ? 'bad' : null
}
