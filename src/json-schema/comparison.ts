/** Holds two schemas that stand in the same place. */
export interface Pair {
  older: unknown
  newer: unknown
  /** Points where `BreakingChange.path` does. */
  path: string
}

/** A comparison under way, as those see it who compare a part of two schemas. */
export interface Comparison {
  /** Notes a breaking change. */
  add(path: string, what: string): void
  /** Tells whether a pair breaks nothing, and forgets what it breaks. */
  isCompatible(pair: Pair): boolean
  compare(pair: Pair): void
}
