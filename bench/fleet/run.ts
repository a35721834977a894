import { type Arena, setUpArena } from './arena.ts'
import { measureIdle } from './idle.ts'
import { measureKills } from './kills.ts'
import { measureLatency } from './latency.ts'
import { measureMoving } from './move.ts'
import { measureStart } from './start.ts'
import { printTable, type Row } from './table.ts'

/** Answers the named questions, or all, one after another, and prints one table. See README.md. */
const questions: Record<string, (arena: Arena) => Promise<Row[]>> = {
  start: measureStart,
  idle: measureIdle,
  latency: measureLatency,
  move: measureMoving,
  kills: measureKills,
}

const wanted = process.argv.length > 2 ? process.argv.slice(2) : Object.keys(questions)
const rows: Row[] = []
await using arena = await setUpArena()
for (const name of wanted) {
  const measure = questions[name]
  if (!measure)
    throw new Error(`There is no question ${name}; there are ${Object.keys(questions).join(', ')}`)
  console.error(`${new Date().toISOString().slice(11, 19)} ${name}`)
  rows.push(...(await measure(arena)))
}
printTable(rows)
if (rows.some(({ isMet }) => !isMet)) process.exitCode = 1
