import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'
import type { Instrumentation } from '../instrumentation.ts'

const buckets = [0.001, 0.005, 0.02, 0.1, 0.5, 2, 10]

/** Counts what this process does. @param next It is told of everything, too. */
export function createProcessMetrics(next: Instrumentation = {}): {
  registry: Registry
  instrumentation: Instrumentation
} {
  const registry = new Registry()
  const registers = [registry]
  collectDefaultMetrics({ register: registry })
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
  const streams = new Gauge({ name: 'pgq_streams', help: 'Subscriptions that are open', registers })
  const instrumentation: Instrumentation = {
    ...next,
    statement(event) {
      statements.observe(
        { database: event.database, role: event.role, code: event.code ?? 'OK' },
        event.durationMs / 1_000,
      )
      next.statement?.(event)
    },
    operation(event) {
      requests.observe({ type: event.type, code: event.codes[0] ?? 'OK' }, event.durationMs / 1_000)
      stale.inc(event.codes.filter((code) => code === 'STALE_LEASE').length)
      next.operation?.(event)
    },
    stream(event) {
      if (event.state === 'opened') streams.inc()
      else streams.dec()
      next.stream?.(event)
    },
  }
  return { registry, instrumentation }
}
