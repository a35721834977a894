import { CloseCode, createClient, type Client as Socket } from 'graphql-ws'
import { basePath } from './credentials.ts'

/** What the page knows of its connection to the gateway. */
export type ConnectionState = 'connecting' | 'connected' | 'reconnecting'

let state: ConnectionState = 'connecting'
const listeners = new Set<() => void>()

export const connection = {
  get: (): ConnectionState => state,
  subscribe(listener: () => void): () => void {
    listeners.add(listener)
    return () => listeners.delete(listener)
  },
}

function become(next: ConnectionState): void {
  state = next
  for (const listener of listeners) listener()
}

function socketUrl(): string {
  const url = new URL(`${basePath}graphql`, location.origin)
  url.protocol = url.protocol.replace('http', 'ws')
  return url.href
}

/** @param onRefused The gateway does not take the credentials, or does not any more. */
export function connect(credentials: string | null, onRefused: () => void): Socket {
  return createClient({
    url: socketUrl(),
    connectionParams: credentials === null ? {} : { authorization: `Bearer ${credentials}` },
    // The socket stays open on pages that follow nothing, and says whether the gateway is there.
    lazy: false,
    onNonLazyError: () => {},
    keepAlive: 10_000,
    retryAttempts: Number.POSITIVE_INFINITY,
    shouldRetry: () => true,
    retryWait: (retries) =>
      new Promise((resolve) =>
        setTimeout(resolve, Math.min(250 * 2 ** retries, 5_000) * (0.5 + Math.random())),
      ),
    on: {
      connected: () => become('connected'),
      closed(event) {
        if (isRefusal(event)) onRefused()
        else if (state === 'connected') become('reconnecting')
      },
    },
  })
}

function isRefusal(event: unknown): boolean {
  return event instanceof CloseEvent && event.code === CloseCode.Unauthorized
}

/** Finds out whether the gateway takes a token. */
export function isAccepted(credentials: string): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const socket = createClient({
      url: socketUrl(),
      connectionParams: { authorization: `Bearer ${credentials}` },
      lazy: false,
      retryAttempts: 0,
      onNonLazyError: () => {},
      on: {
        connected: () => answer(true),
        closed(event) {
          if (isRefusal(event)) answer(false)
          else reject(new Error('The gateway does not answer'))
        },
      },
    })
    const answer = (accepted: boolean) => {
      resolve(accepted)
      void socket.dispose()
    }
  })
}
