import type { TallyResult } from './tally.ts'

export interface Result {
  rowsPublished: number
  publishedPerSecond: number
  rowsRolledBack: number
  killedInBatch: string | null
  /** The two independent consumers, then the group. */
  consumers: TallyResult[]
  seconds: number
}

/** Lists what went wrong, a line each; empty when all is well. */
export function complaints(result: Result): string[] {
  const lines = result.consumers.flatMap(({ name, missing, rolledBackSeen }) => [
    ...(missing > 0 ? [`${name} has not seen ${missing} rows`] : []),
    ...(rolledBackSeen > 0 ? [`${name} has seen ${rolledBackSeen} rows that were rolled back`] : []),
  ])
  if (result.killedInBatch === null) lines.push('No worker was killed: none was in the middle of a batch')
  return lines
}

export function formatResult(result: Result): string {
  const { rowsPublished, publishedPerSecond, rowsRolledBack, killedInBatch, seconds } = result
  const table = [
    ['consumer', 'rows seen', 'missing', 'duplicates', 'rolled back', 'rows/s', 'p50 ms', 'p99 ms'],
    ...result.consumers.map((each) => [
      each.name,
      count(each.seen),
      count(each.missing),
      count(each.duplicates),
      count(each.rolledBackSeen),
      count(each.rowsPerSecond),
      count(each.latencyP50Ms),
      count(each.latencyP99Ms),
    ]),
  ]
  const widths = table[0]?.map((_, column) => Math.max(...table.map((row) => row[column]?.length ?? 0))) ?? []
  const lines = table.map((row) =>
    row
      .map((cell, column) =>
        column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0),
      )
      .join('  '),
  )
  return [
    `${count(rowsPublished)} rows published at ${count(publishedPerSecond)} rows/s, ${count(rowsRolledBack)} rows rolled back`,
    `One of four workers was killed in the middle of batch ${killedInBatch ?? '(none)'}`,
    '',
    ...lines,
    '',
    'Duplicates are rows that the killed worker had worked on, given again to another: delivery is at least once.',
    "Latency is from the start of the inserting transaction, by PostgreSQL's clock, to the handler; both on this machine.",
    `${seconds.toFixed(1)} s in all`,
  ].join('\n')
}

function count(value: number): string {
  return Math.round(value).toLocaleString('en-US')
}
