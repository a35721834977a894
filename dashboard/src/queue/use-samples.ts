import { useMemo, useRef } from 'react'
import type { Series } from '../ui/chart.tsx'

/** So many of the values that were pushed are kept. */
const KEPT = 3_600

/** Gathers a figure as it is pushed. Times are seconds since the first value, by a clock that nobody sets. */
export function useSamples<Message>(
  message: Message | undefined,
  read: (message: Message) => number,
): Series {
  const kept = useRef<{ start: number; times: number[]; values: number[] }>(null)
  // biome-ignore lint/correctness/useExhaustiveDependencies: a message has one value, however it is read
  return useMemo(() => {
    if (message === undefined) return { times: [], values: [] }
    const now = performance.now() / 1000
    const before = kept.current ?? { start: now, times: [], values: [] }
    kept.current = {
      start: before.start,
      times: [...before.times, now - before.start].slice(-KEPT),
      values: [...before.values, read(message)].slice(-KEPT),
    }
    return kept.current
  }, [message])
}
