import { wheel } from './wheel.ts'

/** Calculates an exponential delay with jitter: 50 to 100 % of `firstMs * 2^attempt`, which `maxMs` caps. */
export function backoffMs(attempt: number, limits: { firstMs: number; maxMs: number }): number {
  const ceiling = Math.min(limits.maxMs, limits.firstMs * 2 ** Math.min(attempt, 30))
  return ceiling * (0.5 + Math.random() / 2)
}

/** Waits for a time. An abort ends the wait early, and is no error. */
export async function sleep(ms: number, signal?: AbortSignal): Promise<void> {
  if (signal?.aborted) return
  await new Promise<void>((resolve) => {
    const end = () => {
      cancel()
      signal?.removeEventListener('abort', end)
      resolve()
    }
    const cancel = wheel.after(ms, end)
    signal?.addEventListener('abort', end)
  })
}
