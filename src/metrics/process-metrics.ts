import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'
import type { Instrumentation } from '../instrumentation.ts'
import { DeliveryTimes } from './delivery-times.ts'
import type { Exposition } from './exposition.ts'

const buckets = [0.001, 0.005, 0.02, 0.1, 0.5, 2, 10]

let ofNode: Registry | undefined

/** Finds the metrics of Node itself. All servers of the process share them, since the library never stops to watch. */
function nodeMetrics(): Registry {
  if (!ofNode) {
    ofNode = new Registry()
    collectDefaultMetrics({ register: ofNode })
  }
  return ofNode
}

/** Counts what a gateway does. */
export class ProcessMetrics {
  readonly instrumentation: Instrumentation
  readonly contentType: string
  readonly #registry = new Registry()
  readonly #deliveries = new DeliveryTimes()

  /** @param next It is told of everything, too. */
  constructor(next: Instrumentation = {}) {
    this.contentType = this.#registry.contentType
    this.instrumentation = { ...next, ...this.#listen(next) }
  }

  async write(text: Exposition): Promise<void> {
    this.#deliveries.write(text)
    text.add(await this.#registry.metrics())
    text.add(await nodeMetrics().metrics())
  }

  #listen(next: Instrumentation): Instrumentation {
    const registers = [this.#registry]
    const statements = new Histogram({
      name: 'pgq_statement_seconds',
      help: 'Duration of SQL statements',
      labelNames: ['database', 'role', 'code'],
      buckets,
      registers,
    })
    const requests = new Histogram({
      name: 'pgq_request_seconds',
      help: 'Duration of queries and mutations',
      labelNames: ['type', 'code'],
      buckets,
      registers,
    })
    const stale = new Counter({
      name: 'pgq_stale_leases_total',
      help: 'Settlements that were refused since the batch had gone to somebody else',
      registers,
    })
    const streams = new Gauge({
      name: 'pgq_streams',
      help: 'Subscriptions that are open',
      labelNames: ['kind', 'transport'],
      registers,
    })
    const gaps = new Counter({
      name: 'pgq_gaps_total',
      help: 'Times that a subscriber was told that a part of the log is gone',
      labelNames: ['kind'],
      registers,
    })
    return {
      statement: (event) => {
        const { database, role, code } = event
        statements.observe({ database, role, code: code ?? 'OK' }, event.durationMs / 1_000)
        next.statement?.(event)
      },
      operation: (event) => {
        requests.observe({ type: event.type, code: event.codes[0] ?? 'OK' }, event.durationMs / 1_000)
        stale.inc(event.codes.filter((code) => code === 'STALE_LEASE').length)
        next.operation?.(event)
      },
      stream: (event) => {
        const { kind, transport } = event
        if (event.state === 'opened') streams.inc({ kind, transport })
        else streams.dec({ kind, transport })
        next.stream?.(event)
      },
      delivery: (event) => {
        const { kind, tickTime } = event
        if (tickTime !== null) this.#deliveries.observe(kind, tickTime, Date.now())
        if (event.isGap) gaps.inc({ kind })
        next.delivery?.(event)
      },
    }
  }
}
