import { expect, test } from 'vitest'
import { Credentials } from '../../src/access/credentials.ts'
import { Payload } from '../../src/operations/payload.ts'
import { PayloadStream } from '../../src/operations/payload-stream.ts'
import { PullSink } from '../../src/pubsub/pull-sink.ts'
import type { Sink } from '../../src/pubsub/stream.ts'

const refusal = new Payload({ errors: [] })

/** Opens a stream for these credentials, with a source that is told whom to give to, and gives nothing by itself. */
function open(credentials: Credentials) {
  const source = {
    kind: 'tail',
    sink: undefined as Sink<object> | undefined,
    returns: 0,
    pipe(sink: Sink<object>) {
      source.sink = sink
    },
    async return() {
      source.returns++
    },
  }
  const stream = new PayloadStream(
    source,
    {
      name: null,
      caller: { name: 'somebody', credentials },
      instrumentation: undefined,
      payloadOf: () => new Payload({ data: {} }),
      unauthenticated: () => refusal,
    },
    'sse',
    () => {},
  )
  return { source, stream }
}

test.each(['before anybody reads', 'while its reader is slow'])(
  'a stream whose credentials end %s says so as its last word, to a reader who pulls',
  async (when) => {
    const credentials = new Credentials()
    const { source, stream } = open(credentials)
    const reader = new PullSink<Payload>()
    if (when === 'before anybody reads') {
      credentials.revoke()
      stream.pipe(reader)
    } else {
      stream.pipe(reader)
      const first = reader.next()
      void source.sink?.give({})
      await first
      credentials.revoke()
    }
    expect(source.returns, 'what it holds is given back at once').toBe(1)
    expect(await reader.next()).toEqual({ done: false, value: refusal })
    expect(await reader.next()).toEqual({ done: true, value: undefined })
  },
)
