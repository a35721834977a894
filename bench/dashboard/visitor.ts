import { createClient } from 'graphql-ws'
import WebSocket from 'ws'
import type { Operation } from './pages.ts'

/** A dashboard that is open: one WebSocket with the operations of a page. */
export interface Visitor {
  /** Time until each operation had answered. Milliseconds. */
  readonly loadedMs: number
  close(): Promise<void>
}

/** Opens a page, and goes on to follow what it follows. */
export async function openPage(url: string, page: readonly Operation[]): Promise<Visitor> {
  const client = createClient({
    url: url.replace(/^http/, 'ws'),
    webSocketImpl: WebSocket,
    lazy: false,
    retryAttempts: 0,
  })
  await new Promise((resolve) => client.on('connected', resolve))
  const startedMs = performance.now()
  await Promise.all(
    page.map(
      ({ query, variables, isSilent = false }) =>
        new Promise<void>((resolve, reject) => {
          if (isSilent) resolve()
          client.subscribe(
            { query, variables },
            {
              next: ({ errors }) => (errors ? reject(new Error(JSON.stringify(errors))) : resolve()),
              error: reject,
              complete: resolve,
            },
          )
        }),
    ),
  )
  return { loadedMs: performance.now() - startedMs, close: async () => void (await client.dispose()) }
}
