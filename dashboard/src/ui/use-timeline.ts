import { useMemo, useRef } from 'react'
import type { Series } from './chart.tsx'

/** Length of a timeline, and of the histories that it begins with (seconds). */
const KEPT = 3_600

/**
 * Draws the last hour of a figure: what the gateway knew when the page was opened, and from then on what is pushed.
 * What is pushed is dated by a clock that nobody sets.
 *
 * @param past Undefined until it is known. Its last value is of the time at which the first one is pushed.
 */
export function useTimeline<Message>(
  past: Series | undefined,
  message: Message | undefined,
  read: (message: Message) => number,
): Series {
  const pushed = usePushed(message, read)
  return useMemo(() => joined(past ?? nothing, pushed), [past, pushed])
}

const nothing: Series = { times: [], values: [] }

/** Gathers a figure as it is pushed. Times are seconds since the first value. */
function usePushed<Message>(message: Message | undefined, read: (message: Message) => number): Series {
  const kept = useRef<{ start: number; times: number[]; values: number[] }>(null)
  // biome-ignore lint/correctness/useExhaustiveDependencies: a message has one value, however it is read
  return useMemo(() => {
    if (message === undefined) return kept.current ?? nothing
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

function joined(past: Series, pushed: Series): Series {
  const end = past.times.at(-1) ?? 0
  const times = [...past.times, ...pushed.times.map((time) => end + time)]
  const oldest = (times.at(-1) ?? 0) - KEPT
  const from = times.findIndex((time) => time >= oldest)
  return { times: times.slice(from), values: [...past.values, ...pushed.values].slice(from) }
}

/** Makes a series of what was true at moments of the gateway. */
export function seriesOf<Sample extends { time: string }>(
  samples: readonly Sample[],
  read: (sample: Sample) => number,
): Series {
  return {
    times: samples.map(({ time }) => Date.parse(time) / 1000),
    values: samples.map(read),
  }
}
