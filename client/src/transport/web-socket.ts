/** What of a WebSocket is used here: that of browsers, Node 22, Deno and Bun, and of the package ws. */
export interface WebSocketLike {
  /** What the server has chosen; empty when nothing. */
  readonly protocol: string
  send(text: string): void
  close(code?: number, reason?: string): void
  /** Of ws alone: ends a connection that may be half-open without waiting for the other side. */
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
