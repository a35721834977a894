import { cpus } from 'node:os'
import { spread } from './statistics.ts'

/** Prints a table of figures measured side by side, in rounds. */
export function report(
  questions: readonly { name: string; unit: string; rounds: readonly { bare: number; gateway: number }[] }[],
): void {
  console.log('| question | bare | gateway | gateway / bare |\n| --- | --- | --- | --- |')
  for (const { name, unit, rounds } of questions) {
    const digits = rounds.every((round) => round.bare >= 100) ? 0 : 2
    const bare = spread(
      rounds.map((round) => round.bare),
      digits,
    )
    const gateway = spread(
      rounds.map((round) => round.gateway),
      digits,
    )
    const ratio = spread(rounds.map((round) => round.gateway / round.bare))
    console.log(`| ${name} (${unit}) | ${bare} | ${gateway} | **${ratio}** |`)
  }
  const count = questions[0]?.rounds.length ?? 0
  console.log(
    `\nMedian (lowest … highest) of ${count} interleaved rounds. Node ${process.version}, ${cpus().length} × ${cpus()[0]?.model}.`,
  )
}
