import { writeFile } from 'node:fs/promises'
import { cpus } from 'node:os'
import { median, spread } from '../support/statistics.ts'
import { openArena, type Question } from './arena.ts'
import { deadRowsOfAMillion, measureBatchRead } from './batches.ts'
import { measureInserts } from './inserts.ts'
import { measureTicker } from './ticker.ts'
import { measureTriggers } from './triggers.ts'

/** See README.md. */
const ROUNDS = Number(process.env.ROUNDS ?? 5)
const SECONDS_PER_RUN = Number(process.env.SECONDS_PER_RUN ?? 2)

await using arena = await openArena()
await measureInserts(arena, ROUNDS, SECONDS_PER_RUN)
await measureBatchRead(arena, ROUNDS)
await measureTriggers(arena, ROUNDS)
await measureTicker(arena, ROUNDS)
const dead = {
  extension: await deadRowsOfAMillion(arena, 'extension'),
  sql: await deadRowsOfAMillion(arena, 'sql'),
}

const { questions } = arena
const ratios = (better: Question['better'], { sql, extension }: Question['values']): number[] =>
  sql.map((ours, n) => {
    const theirs = extension[n] ?? Number.NaN
    return better === 'more' ? ours / theirs : theirs / ours
  })
/** Formats the medians of both and of their ratios; empty where processor time was not measured. */
const processorCell = ({ processor }: Question): string =>
  processor.sql.length === 0
    ? ''
    : `${median(processor.extension).toFixed(2)} / ${median(processor.sql).toFixed(2)} = **${median(ratios('less', processor)).toFixed(2)}**`

console.log(
  '| question | upstream | ours | ours is better by | by processor time | target |\n| --- | --- | --- | --- | --- | --- |',
)
for (const each of questions) {
  const { name, unit, better, values, target } = each
  const digits = Math.min(...values.sql, ...values.extension) >= 100 ? 0 : 2
  const cells = [
    spread(values.extension, digits),
    spread(values.sql, digits),
    `**${spread(ratios(better, values))}**`,
    processorCell(each),
  ]
  console.log(`| ${name} (${unit}) | ${cells.join(' | ')} | ${target} |`)
}
console.log(
  `| dead rows in event tables after a million events under an open transaction | ${dead.extension} | ${dead.sql} | | | 0 |`,
)
console.log(
  `\nMedian (lowest … highest) of ${ROUNDS} interleaved rounds. PostgreSQL 15, Node ${process.version}, ` +
    `${cpus().length} × ${cpus()[0]?.model}.`,
)
await writeFile(
  new URL('results.json', import.meta.url),
  `${JSON.stringify({ node: process.version, rounds: ROUNDS, secondsPerRun: SECONDS_PER_RUN, questions, dead }, null, 2)}\n`,
)
