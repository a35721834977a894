import { setTimeout as delay } from 'node:timers/promises'

/** Calculates an exponential delay with jitter: 50 to 100 % of `firstMs * 2^attempt`, which `maxMs` caps. */
export function backoffMs(attempt: number, limits: { firstMs: number; maxMs: number }): number {
  const ceiling = Math.min(limits.maxMs, limits.firstMs * 2 ** Math.min(attempt, 30))
  return ceiling * (0.5 + Math.random() / 2)
}

/** Waits for a time. An abort ends the wait early, and is no error. */
export async function sleep(ms: number, signal?: AbortSignal): Promise<void> {
  await delay(ms, undefined, signal ? { signal } : {}).catch((error: unknown) => {
    if (!signal?.aborted) throw error
  })
}
