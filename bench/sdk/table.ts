import { cpus } from 'node:os'
import { spread } from '../support/statistics.ts'

export interface Comparison {
  question: string
  unit: string
  rounds: number
  /** Each returns a rate; the others are divided by the first. */
  contestants: Readonly<Record<string, () => Promise<number>>>
  before?: () => Promise<void>
  after?: () => Promise<void>
}

/** Measures all in turns, so that a slow moment hits each, after a round that only warms up. */
export async function compare({
  question,
  unit,
  rounds,
  contestants,
  before,
  after,
}: Comparison): Promise<void> {
  const names = Object.keys(contestants)
  const rates: Record<string, number>[] = []
  for (let round = -1; round < rounds; round++) {
    await before?.()
    const measured: Record<string, number> = {}
    // Each round begins with another one.
    const turn = (round + 1) % names.length
    for (const name of [...names.slice(turn), ...names.slice(0, turn)]) {
      measured[name] = (await contestants[name]?.()) ?? Number.NaN
    }
    await after?.()
    if (round >= 0) rates.push(measured)
    process.stderr.write(`${question}: round ${round + 1} of ${rounds}\n`)
  }
  const of = (name: string) => rates.map((measured) => measured[name] ?? Number.NaN)
  const [first = ''] = names
  const ratios = (name: string) => rates.map((measured) => (measured[first] ?? 0) / (measured[name] ?? 0))
  console.log(`| ${question} | ${unit} | ${first}, beside it |\n| --- | --- | --- |`)
  for (const name of names) {
    console.log(
      `| ${name} | ${spread(of(name), 0)} | ${name === first ? '' : `**${spread(ratios(name))}**`} |`,
    )
  }
  console.log(
    `\nMedian (lowest … highest) of ${rounds} interleaved rounds. Node ${process.version}, ${cpus().length} × ${cpus()[0]?.model}.\n`,
  )
}
