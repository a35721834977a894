import { setTimeout as delay } from 'node:timers/promises'

/** Exponential delay with jitter: between half of and the whole of `firstMs * 2^attempt`, at most `maxMs`. */
export function backoffMs(attempt: number, limits: { firstMs: number; maxMs: number }): number {
  const ceiling = Math.min(limits.maxMs, limits.firstMs * 2 ** Math.min(attempt, 30))
  return ceiling * (0.5 + Math.random() / 2)
}

/** Waits; an abort ends the wait early and is not an error. */
export async function sleep(ms: number, signal?: AbortSignal): Promise<void> {
  await delay(ms, undefined, signal ? { signal } : {}).catch((error: unknown) => {
    if (!signal?.aborted) throw error
  })
}
