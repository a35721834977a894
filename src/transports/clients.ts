import type { IncomingMessage, ServerResponse } from 'node:http'
import { SMALL_BYTES } from '../memory/memory.ts'
import type { UnsentBytes } from '../memory/unsent.ts'

/** Names the client among which turns and memory are divided. */
export function clientOf({ socket }: IncomingMessage): string {
  return socket.remoteAddress ?? ''
}

/** Counts what a client has yet to read of an answer that is complete. */
export function countUnsent(response: ServerResponse, unsent: UnsentBytes): void {
  const bytes = response.writableLength
  if (bytes <= SMALL_BYTES) return
  response.once(
    'close',
    unsent.add(clientOf(response.req), response, bytes, () => cut(response)),
  )
}

/** Resets the connection of an answer, so that its client does not take it for complete. */
export function cut({ req: { socket } }: ServerResponse): void {
  // Node cannot reset a connection that it has begun to end: it would stay open, without a word.
  if (socket.writableEnded) socket.destroy()
  else socket.resetAndDestroy()
}
