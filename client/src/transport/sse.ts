/** An event of a text/event-stream. `id` and `retry` have no use here. */
export interface ServerSentEvent {
  event: string
  data: string
}

export interface ReadOptions {
  /** Ends the reading when aborted. */
  signal: AbortSignal
  /** Is called for each chunk that arrives, pings too. */
  touched: () => void
}

/**
 * Reads the events of a `text/event-stream` body, each as soon as it is complete.
 *
 * This and http-transport.ts stand in for the client of graphql-sse, which needs the package graphql at run time,
 * queues results without a bound when they are not taken, repeats a lost operation with the variables of the first
 * time (no cursor can move on), and does not notice a connection that has gone silent.
 */
export async function* readEvents(
  body: ReadableStream<Uint8Array>,
  { signal, touched }: ReadOptions,
): AsyncGenerator<ServerSentEvent, void> {
  let event = ''
  let data: string[] = []
  for await (const line of readLines(body, { signal, touched })) {
    if (line === '') {
      if (event !== '' || data.length > 0) yield { event, data: data.join('\n') }
      event = ''
      data = []
      continue
    }
    const colon = line.indexOf(':')
    if (colon === 0) continue
    const field = colon < 0 ? line : line.slice(0, colon)
    const value = colon < 0 ? '' : line.slice(line[colon + 1] === ' ' ? colon + 2 : colon + 1)
    if (field === 'event') event = value
    else if (field === 'data') data.push(value)
  }
}

/** Keeps the parts of a long line apart until its end: joining at each chunk would take quadratic time. */
async function* readLines(
  body: ReadableStream<Uint8Array>,
  { signal, touched }: ReadOptions,
): AsyncGenerator<string, void> {
  const reader = body.getReader()
  // The global fetch cancels by itself; one that a caller brings may not.
  const cancel = () => void reader.cancel().catch(() => {})
  signal.addEventListener('abort', cancel)
  const decoder = new TextDecoder()
  let parts: string[] = []
  try {
    for (;;) {
      const { done, value } = await reader.read()
      if (done) return
      touched()
      const text = decoder.decode(value, { stream: true })
      let from = 0
      for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n', from)) {
        parts.push(text.slice(from, end))
        const line = parts.length === 1 ? (parts[0] ?? '') : parts.join('')
        parts = []
        from = end + 1
        yield line.endsWith('\r') ? line.slice(0, -1) : line
      }
      if (from < text.length) parts.push(text.slice(from))
    }
  } finally {
    signal.removeEventListener('abort', cancel)
    await reader.cancel().catch(() => {})
  }
}
