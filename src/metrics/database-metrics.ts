import type { Logger } from 'pino'
import { DeadlineError, withDeadline } from '../async/deadline.ts'
import type { LiveDatabase } from '../database/live-database.ts'
import { groupBy } from '../group-by.ts'
import { toPgqError } from '../postgres/call.ts'
import { ErrorLog } from '../postgres/error-log.ts'
import { isUnreachable } from '../postgres/outage.ts'
import { findMetrics, type MetricRow } from '../resolvers/metrics/metrics.ts'
import type { Exposition, MetricType } from './exposition.ts'
import { QueueSizes } from './queue-sizes.ts'

/** Largest number of series of one metric and database; the others are counted. */
export const MAX_SERIES = 20_000
/** A database that gives no answer for so long counts as away (milliseconds); the server ends the statement before. */
const PATIENCE_MS = 3_000

interface Family {
  help: string
  type?: MetricType
  /** Names of the labels that a row has beside its database. */
  labels?: readonly [subject: string, consumer: string]
}

const families: Readonly<Record<string, Family>> = {
  pgq_queue_events_total: { type: 'counter', help: 'Events that were inserted' },
  pgq_queue_unticked_events: { help: 'Events since the newest tick' },
  pgq_queue_ticker_lag_seconds: { help: 'Age of the newest tick' },
  pgq_queue_ticker_paused: { help: 'Queues whose ticker is paused' },
  pgq_queue_external_ticker: { help: 'Queues that tickers leave to another program' },
  pgq_queue_table_bytes: { help: 'Size of the event tables that hold events, with their indexes' },
  pgq_queue_rotation_blocked_seconds: {
    help: 'Time for which a consumer has kept a due rotation from happening',
  },
  pgq_consumer_lag_seconds: { help: 'Age of the last tick that the consumer has finished' },
  pgq_consumer_pending_events: { help: 'Events between that tick and the newest one' },
  pgq_consumer_last_seen_seconds: { help: 'Time since the consumer was active' },
  pgq_batch_open_seconds: { help: 'Time for which a batch has been open' },
  pgq_retry_events: { help: 'Events that wait in the retry queue' },
  pgq_dead_letters: { help: 'Dead letters that are kept' },
  pgq_mover_events_total: {
    type: 'counter',
    help: 'Events that a mover has brought into the database',
    labels: ['source', 'mover'],
  },
}

/** What a database has answered to a scrape. */
export interface Answer {
  database: string
  isReached: boolean
  isListening: boolean
  /** By metric; null where the statement has failed. */
  rows: ReadonlyMap<string, readonly MetricRow[]> | null
}

/** Asks databases what monitoring wants to know, each with one statement. */
export class DatabaseMetrics {
  readonly #logger: Logger
  readonly #known = new WeakMap<LiveDatabase, { sizes: QueueSizes; errors: ErrorLog }>()

  constructor(logger: Logger) {
    this.#logger = logger
  }

  /** Asks a database; what fails is logged once. */
  async ask(live: LiveDatabase): Promise<Answer> {
    const { database, name, feed } = live
    const answer = { database: name, isListening: feed.isListening }
    if (!database.isReady || database.outages.isAway) return { ...answer, isReached: false, rows: null }
    const { sizes, errors } = this.#knownOf(live)
    const subject = `the scrape of database ${name} for metrics`
    try {
      const rows = await withDeadline(findMetrics(database, sizes.after), PATIENCE_MS, 'metrics')
      errors.worked(subject)
      return { ...answer, isReached: true, rows: groupBy(sizes.complete(rows), ({ metric }) => metric) }
    } catch (error) {
      errors.failed(subject, error)
      const isReached = !(error instanceof DeadlineError || isUnreachable(toPgqError(error)))
      return { ...answer, isReached, rows: null }
    }
  }

  #knownOf(live: LiveDatabase) {
    let known = this.#known.get(live)
    if (!known) {
      known = { sizes: new QueueSizes(), errors: new ErrorLog(this.#logger, live.database.outages) }
      this.#known.set(live, known)
    }
    return known
  }
}

/** Writes what databases have answered. */
export async function writeAnswers(text: Exposition, answers: readonly Answer[]): Promise<void> {
  writeFlags(text, answers, 'pgq_database_up', 'Whether the database can be reached', (a) => a.isReached)
  writeFlags(
    text,
    answers.filter(({ isReached }) => isReached),
    'pgq_metrics_failed',
    'Whether a database that can be reached did not tell its metrics',
    ({ rows }) => rows === null,
  )
  writeFlags(
    text,
    answers,
    'pgq_listen_connected',
    'Whether ticks of the database are heard as they are made',
    ({ isListening }) => isListening,
  )
  const dropped: { database: string; metric: string; count: number }[] = []
  for (const [metric, family] of Object.entries(families)) {
    text.family(metric, family.type ?? 'gauge', family.help)
    for (const { database, rows } of answers) {
      const all = rows?.get(metric) ?? []
      for (const row of firstOf(all)) {
        text.series(metric, labelsOf(database, row, family), row.value ?? 0)
        await text.turn()
      }
      if (all.length > MAX_SERIES) dropped.push({ database, metric, count: all.length - MAX_SERIES })
    }
  }
  const name = 'pgq_metrics_dropped_series'
  text.family(name, 'gauge', `Series that are left out, beyond ${MAX_SERIES} of one metric and database`)
  for (const { database, metric, count } of dropped)
    text.series(
      name,
      [
        ['database', database],
        ['metric', metric],
      ],
      count,
    )
}

function writeFlags(
  text: Exposition,
  answers: readonly Answer[],
  name: string,
  help: string,
  isSet: (answer: Answer) => boolean,
): void {
  text.family(name, 'gauge', help)
  for (const answer of answers) text.series(name, [['database', answer.database]], isSet(answer) ? 1 : 0)
}

/** Leaves out what is too much: the same ones in each scrape. */
function firstOf(rows: readonly MetricRow[]): readonly MetricRow[] {
  if (rows.length <= MAX_SERIES) return rows
  const keyed = rows.map((row) => ({ row, key: `${row.subject}\n${row.consumer}` }))
  const inOrder = keyed.toSorted((a, b) => (a.key < b.key ? -1 : 1))
  return inOrder.slice(0, MAX_SERIES).map(({ row }) => row)
}

function labelsOf(database: string, { subject, consumer }: MetricRow, family: Family) {
  const [subjectLabel, consumerLabel] = family.labels ?? ['queue', 'consumer']
  const labels: [string, string][] = [
    ['database', database],
    [subjectLabel, subject],
  ]
  if (consumer !== null) labels.push([consumerLabel, consumer])
  return labels
}
