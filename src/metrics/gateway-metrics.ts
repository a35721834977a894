import type { Databases } from '../database/databases.ts'
import type { Mover } from '../mover/mover.ts'
import type { Answer } from './database-metrics.ts'
import type { Exposition } from './exposition.ts'

const poolMetrics = {
  pgq_pool_open_connections: { help: 'Connections of a pool, with those that are being made', count: 'open' },
  pgq_pool_idle_connections: { help: 'Connections of a pool that are not in use', count: 'idle' },
  pgq_pool_waiting_statements: { help: 'Statements that wait for a connection of a pool', count: 'waiting' },
} as const

/** Writes how the connections to databases are used. */
export function writeConnections(text: Exposition, databases: Databases): void {
  text.family('pgq_connection_places', 'gauge', 'Connections that there may be to all databases together')
  text.series('pgq_connection_places', [], databases.places.limit)
  text.family('pgq_connection_places_taken', 'gauge', 'Those of them that there are')
  text.series('pgq_connection_places_taken', [], databases.places.taken)
  for (const [name, { help, count }] of Object.entries(poolMetrics)) {
    text.family(name, 'gauge', help)
    for (const { name: database, database: connections } of databases) {
      for (const pool of connections.connections) {
        const labels = [
          ['database', database],
          ['pool', pool.pool],
        ] as const
        text.series(name, labels, pool[count])
      }
    }
  }
}

/** Writes what movers do in this gateway, a few series for each, however many sources it has. */
export function writeMovers(text: Exposition, movers: Iterable<Mover>, answers: readonly Answer[]): void {
  const all = [...movers]
  text.family('pgq_mover_sources', 'gauge', 'Sources of a mover, by what this gateway does with them')
  for (const { plan, states } of all) {
    for (const state of sourceStates) {
      const count = [...states.values()].filter((each) => each === state).length
      const labels = [
        ['mover', plan.name],
        ['state', state],
      ] as const
      text.series('pgq_mover_sources', labels, count)
    }
  }
  text.family('pgq_mover_lag_seconds', 'gauge', 'Lag of the source that is furthest behind')
  for (const mover of all) {
    const lag = lagOf(mover, answers)
    if (lag !== null) text.series('pgq_mover_lag_seconds', [['mover', mover.plan.name]], lag)
  }
}

const sourceStates = ['waiting', 'moving', 'paused', 'retrying', 'stopped'] as const

/** Finds the largest lag of a mover's consumers. @returns Null where none is known. */
function lagOf({ plan, states }: Mover, answers: readonly Answer[]): number | null {
  const lags = answers.flatMap(({ database, rows }) => {
    if (!states.has(database)) return []
    const consumers = rows?.get('pgq_consumer_lag_seconds') ?? []
    const own = consumers.find(
      ({ subject, consumer }) => subject === plan.queue && consumer === plan.consumer,
    )
    return own?.value == null ? [] : [own.value]
  })
  return lags.length > 0 ? Math.max(...lags) : null
}
