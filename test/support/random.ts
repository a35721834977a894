/** Generates pseudo-random numbers that a seed repeats (mulberry32). */
export interface Random {
  readonly seed: number
  /** Returns a number from 0 up to 1. */
  next(): number
  /** Returns an integer from 0 up to, but not including, `limit`. */
  below(limit: number): number
  pick<T>(from: readonly T[]): T
}

/** Draws a seed. @param variable Name of an environment variable that gives the seed of a run to repeat. */
export function createRandom(variable: string): Random {
  return seededRandom(Number(process.env[variable] ?? Math.floor(Math.random() * 2 ** 31)))
}

export function seededRandom(seed: number): Random {
  let state = seed
  const next = () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
  const below = (limit: number) => Math.floor(next() * limit)
  return {
    seed,
    next,
    below,
    pick(from) {
      const picked = from[below(from.length)]
      if (picked === undefined) throw new Error('nothing to pick from')
      return picked
    },
  }
}
