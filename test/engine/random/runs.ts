import { randomInt } from 'node:crypto'

/**
 * Chooses the number of random sequences and their seed. PGQ_SEQUENCES sets the number (default 500 in CI and 100
 * elsewhere); PGQ_SEED and PGQ_PATH replay a failure, which prints both.
 */
export function randomRuns(name: string): { numRuns: number; seed: number; path?: string } {
  const numRuns = Number(process.env.PGQ_SEQUENCES ?? (process.env.CI === 'true' ? 500 : 100))
  const seed = Number(process.env.PGQ_SEED ?? randomInt(2 ** 31))
  const path = process.env.PGQ_PATH
  console.info(`${name}: ${numRuns} sequences, PGQ_SEED=${seed}`)
  return { numRuns, seed, ...(path && { path }) }
}
