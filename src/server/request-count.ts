import type { ServerResponse } from 'node:http'
import { sleep } from '../async/backoff.ts'

/** Knows which requests are under way, so that a shutdown waits for them and not for connections that are merely open. */
export function createRequestCount() {
  const underWay = new Set<ServerResponse>()
  let onIdle = () => {}
  return {
    add(response: ServerResponse): void {
      underWay.add(response)
      response.once('close', () => {
        underWay.delete(response)
        if (underWay.size === 0) onIdle()
      })
    },
    /** Resolves when no request is under way, or after the time. */
    async idle(timeoutMs: number): Promise<void> {
      if (underWay.size === 0) return
      const timer = new AbortController()
      const idle = new Promise<void>((resolve) => {
        onIdle = resolve
      })
      await Promise.race([idle, sleep(timeoutMs, timer.signal)])
      timer.abort()
    },
  }
}
