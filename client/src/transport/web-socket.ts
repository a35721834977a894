/** The part of a WebSocket that is used here. Browsers, Node 22, Deno and Bun have it, and so does the package ws. */
export interface WebSocketLike {
  /** The protocol that the server has chosen; empty when it chose none. */
  readonly protocol: string
  send(text: string): void
  close(code?: number, reason?: string): void
  /** Ends a connection that may be half-open, without waiting for the other side. Only the package ws has it. */
  terminate?(): void
  addEventListener(type: 'open' | 'error', listener: (event: object) => void): void
  addEventListener(type: 'message', listener: (event: { data: unknown }) => void): void
  addEventListener(type: 'close', listener: (event: CloseEventLike) => void): void
}

export interface CloseEventLike {
  readonly code: number
  readonly reason: string
}

export type WebSocketConstructor = new (url: string, protocol: string) => WebSocketLike
