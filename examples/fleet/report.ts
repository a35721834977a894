import type { LedgerResult } from './ledger.ts'
import type { Production } from './producers.ts'

export interface Result extends LedgerResult, Production {
  shards: number
  gatewaysKilled: number
  /** Batches that another worker got because the gateway of the first was killed. */
  batchesHandedOver: number
  seconds: number
}

export function formatResult(result: Result): string {
  const rows: [string, number][] = [
    ['events in', result.eventsIn],
    ['events out', result.eventsOut],
    ['lost', result.lost],
    ['twice', result.twice],
    ['rolled back and seen', result.rolledBackSeen],
    ['order violations', result.orderViolations],
  ]
  const width = Math.max(...rows.map(([name]) => name.length))
  return [
    `${result.shards} databases; gateways killed: ${result.gatewaysKilled}; events rolled back: ${result.eventsRolledBack}`,
    `batches that went to another worker: ${result.batchesHandedOver}; mutations without an answer: ${result.doubts}`,
    '',
    ...rows.map(([name, count]) => `${name.padEnd(width)}  ${count.toLocaleString('en-US').padStart(9)}`),
    '',
    `${result.seconds.toFixed(1)} s in all`,
  ].join('\n')
}

/** Says whether every event came out once and in order. */
export function isComplete({ eventsIn, eventsOut, ...faults }: Result): boolean {
  const { lost, twice, rolledBackSeen, orderViolations } = faults
  return eventsIn === eventsOut && lost + twice + rolledBackSeen + orderViolations === 0
}
