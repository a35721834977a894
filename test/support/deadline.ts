import { setTimeout as delay } from 'node:timers/promises'

/** Awaits the promise. @throws after `timeoutMs`, naming what did not happen. */
export async function withDeadline<T>(promise: Promise<T>, what: string, timeoutMs = 10_000): Promise<T> {
  const timer = new AbortController()
  const late = delay(timeoutMs, undefined, { signal: timer.signal }).then(() => {
    throw new Error(`waited ${timeoutMs} ms in vain for ${what}`)
  })
  late.catch(() => {})
  try {
    return await Promise.race([promise, late])
  } finally {
    timer.abort()
  }
}

/**
 * Asks until the answer is neither false, null nor undefined, and returns it; for conditions that announce no event.
 *
 * @param describe Returns what was seen last, for the message of the error.
 */
export async function until<T>(
  ask: () => Promise<T> | T,
  what: string,
  { timeoutMs = 10_000, describe = () => '' }: { timeoutMs?: number; describe?: () => string } = {},
): Promise<Exclude<T, false | null | undefined>> {
  const endsAt = Date.now() + timeoutMs
  for (;;) {
    const answer = await ask()
    if (answer !== false && answer !== null && answer !== undefined) {
      return answer as Exclude<T, false | null | undefined>
    }
    if (Date.now() > endsAt)
      throw new Error(`waited ${timeoutMs} ms in vain for ${what} ${describe()}`.trim())
    await delay(10)
  }
}
