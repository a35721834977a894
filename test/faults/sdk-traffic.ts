import { setTimeout as delay } from 'node:timers/promises'
import { WebSocket } from 'ws'
import { type ConsumeProblem, createClient, type Event, retry, webSocket } from '../../client/src/index.ts'
import { until, withDeadline } from '../support/deadline.ts'

/** Producers and consumers that use the SDK, and count for each consumer how often the work on an event was done. */
export interface SdkTraffic extends AsyncDisposable {
  /** Waits until both consumers have done what is published by then, and some more. */
  flows(): Promise<void>
  /** Stops the producers and waits for the consumers. @returns what went wrong. */
  finish(): Promise<string[]>
}

export interface SdkTrafficOptions {
  /** Endpoint of consumers, whose streams last. */
  consumeUrl: string
  /** Endpoint of producers, who make a connection for each mutation. */
  publishUrl: string
}

const QUEUE = 'orders'
const PRODUCERS = 2
/** Largest number of events that are published and not yet done. */
const AHEAD = 100

export async function startSdkTraffic({ consumeUrl, publishUrl }: SdkTrafficOptions): Promise<SdkTraffic> {
  const overSse = createClient({ url: consumeUrl })
  const overSocket = createClient({ url: consumeUrl, transport: webSocket({ webSocket: WebSocket }) })
  const producer = createClient({ url: publishUrl, headers: { connection: 'close' } })
  await producer.createQueue(QUEUE, { tickerMaxLagSeconds: 0.05 })

  const problems: string[] = []
  const done = { plain: new Map<string, number>(), group: new Map<string, number>() }
  const consume = (name: keyof typeof done, subconsumer?: string) => {
    const client = subconsumer === 'm2' ? overSocket : overSse
    return client.consume(
      QUEUE,
      { consumer: name, subconsumer, onProblem: (problem) => note(problem) },
      {
        event({ data, retry: tries }: Event) {
          const key = String(data)
          if (Number(key) % 7 === 0 && !tries) return retry(0)
          done[name].set(key, (done[name].get(key) ?? 0) + 1)
          return undefined
        },
      },
    )
  }
  /** A stream that ends with its gateway is opened again, and is no problem. */
  const note = (problem: ConsumeProblem) => {
    if (problem.kind === 'connection' && problem.error.code === 'UNAVAILABLE') return
    problems.push(`a consumer met ${problem.kind}: ${'error' in problem ? problem.error : ''}`)
  }
  const consumptions = [consume('plain'), consume('group', 'm1'), consume('group', 'm2')]
  await withDeadline(Promise.all(consumptions.map(({ ready }) => ready)), 'the consumers', 20_000)

  let published = 0
  const behind = () => published - Math.min(done.plain.size, done.group.size)
  const stopping = new AbortController()
  const produce = async () => {
    while (!stopping.signal.aborted) {
      const events = Array.from({ length: 5 }, () => ({ type: 'x', data: String(published++) }))
      await producer.publish(QUEUE, events).catch((error) => problems.push(`a producer met ${error}`))
      do await delay(10)
      while (behind() > AHEAD && !stopping.signal.aborted)
    }
  }
  const producing = Array.from({ length: PRODUCERS }, produce)

  const missing = (count: number) =>
    Object.entries(done).flatMap(([name, keys]) =>
      Array.from({ length: count }, (_, n) => n).flatMap((n) => (keys.has(String(n)) ? [] : `${name} ${n}`)),
    )
  const describe = () => `\n${[...missing(published).slice(0, 10), ...problems].join('\n')}`
  const allDone = (count: number) =>
    until(() => missing(count).length === 0, `${count} events`, { timeoutMs: 60_000, describe })
  const stop = async () => {
    stopping.abort()
    await Promise.all(producing)
  }
  return {
    async flows() {
      const enough = published + AHEAD
      await until(() => published > enough, 'more events', { timeoutMs: 60_000, describe })
      await allDone(enough - AHEAD)
    },
    async finish() {
      await stop()
      await allDone(published)
      await Promise.all(consumptions.map((consumption) => consumption.stop()))
      const repeated = Object.entries(done).flatMap(([name, counts]) =>
        [...counts].flatMap(([key, count]) => (count === 1 ? [] : `${name} did ${key} ${count} times`)),
      )
      return [...problems, ...repeated]
    },
    async [Symbol.asyncDispose]() {
      await stop()
      await Promise.allSettled(consumptions.map((consumption) => consumption.stop({ deadlineMs: 0 })))
    },
  }
}
