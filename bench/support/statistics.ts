/** Returns the value below which a share of the sample lies; `share` from 0 to 1. */
export function quantile(sample: readonly number[], share: number): number {
  const sorted = [...sample].sort((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN
}

export const median = (sample: readonly number[]) => quantile(sample, 0.5)

/** Formats the lowest, middle and highest value for a table. */
export function spread(sample: readonly number[], digits = 2): string {
  const [low, middle, high] = [Math.min(...sample), median(sample), Math.max(...sample)]
  return `${middle.toFixed(digits)} (${low.toFixed(digits)} … ${high.toFixed(digits)})`
}
