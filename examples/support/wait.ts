import { setTimeout as delay } from 'node:timers/promises'

const POLL_MS = 20
const STALLED_MS = 30_000

/**
 * Waits until it is complete, or until nothing has moved for half a minute: then something is missing, and the result
 * will say what.
 *
 * @param progress A number that grows with each step.
 * @throws The signal's reason.
 */
export async function untilComplete(
  isComplete: () => boolean,
  progress: () => number,
  signal: AbortSignal,
): Promise<void> {
  let best = progress()
  let movedAtMs = performance.now()
  while (!isComplete() && performance.now() - movedAtMs < STALLED_MS) {
    await delay(POLL_MS)
    signal.throwIfAborted()
    if (progress() === best) continue
    best = progress()
    movedAtMs = performance.now()
  }
}
