import { cpus } from 'node:os'

/** An answer beside what it is compared with. */
export interface Row {
  question: string
  measured: string
  /** Same by other means, in the same run; empty where there are none. */
  beside: string
  target: string
  isMet: boolean
}

export function printTable(rows: readonly Row[]): void {
  console.log('| question | measured | beside | target | |\n| --- | --- | --- | --- | --- |')
  for (const { question, measured, beside, target, isMet } of rows)
    console.log(`| ${question} | ${measured} | ${beside} | ${target} | ${isMet ? 'met' : '**missed**'} |`)
  console.log(
    `\nNode ${process.version}, ${cpus().length} × ${cpus()[0]?.model}, ${new Date().toISOString().slice(0, 10)}`,
  )
}
