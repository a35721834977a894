/** Waits for a promise, but no longer than until the signal is aborted. @throws the signal's reason then. */
export async function raceSignal<Value>(
  promise: PromiseLike<Value>,
  signal: AbortSignal | undefined,
): Promise<Value> {
  if (!signal) return promise
  let abort = () => {}
  const aborted = new Promise<never>((_, reject) => {
    abort = () => reject(signal.reason)
  })
  if (signal.aborted) abort()
  signal.addEventListener('abort', abort)
  try {
    return await Promise.race([promise, aborted])
  } finally {
    signal.removeEventListener('abort', abort)
  }
}

/** A controller that follows other signals until `unlink`; unlike `AbortSignal.any`, it leaves nothing on them then. */
export interface LinkedController {
  readonly signal: AbortSignal
  abort(reason?: unknown): void
  unlink(): void
}

export function linkedController(...parents: readonly (AbortSignal | undefined)[]): LinkedController {
  const controller = new AbortController()
  const unlinks: (() => void)[] = []
  for (const parent of parents) {
    if (!parent) continue
    const follow = () => controller.abort(parent.reason)
    if (parent.aborted) follow()
    else parent.addEventListener('abort', follow)
    unlinks.push(() => parent.removeEventListener('abort', follow))
  }
  return {
    signal: controller.signal,
    abort: (reason) => controller.abort(reason),
    unlink() {
      for (const unlink of unlinks) unlink()
    },
  }
}
