import { setTimeout as delay } from 'node:timers/promises'

/** Does something at fixed times, whether or not what was begun before has ended. @returns when all has ended. */
export async function atPace(times: number, intervalMs: number, work: () => Promise<void>): Promise<void> {
  const startedMs = performance.now()
  const begun: Promise<void>[] = []
  for (let n = 0; n < times; n++) {
    const waitMs = startedMs + n * intervalMs - performance.now()
    if (waitMs > 0) await delay(waitMs)
    begun.push(work())
  }
  await Promise.all(begun)
}
