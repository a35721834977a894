import { until } from './deadline.ts'
import { type Data, requestData, type Subscription, subscribe, type Transport } from './graphql.ts'

/** Opens batches of queue `q` for its consumer `c`, finishing empty ones. @returns the first batch's events, selected. */
export async function nextEvents(url: string, selection: string): Promise<Data[]> {
  const batch = `batch { batchId leaseToken events { ${selection} } }`
  return until(async () => {
    const { nextBatch } = await requestData(
      url,
      `mutation { nextBatch(input: { queue: "q", consumer: "c" }) { ${batch} } }`,
    )
    if (!nextBatch.batch) return undefined
    const { events, ...input } = nextBatch.batch
    if (events.length > 0) return events as Data[]
    const finish = 'mutation ($input: FinishBatchInput!) { finishBatch(input: $input) { finished } }'
    await requestData(url, finish, { input })
    return undefined
  }, 'a batch with events')
}

/** Follows queue `q` from a tick that it forces; what is published from now on comes, with the selected fields. */
export async function tailFromNow(
  transport: Transport,
  url: string,
  selection: string,
): Promise<Subscription> {
  const force = 'mutation { tick(input: { queue: "q", force: true }) { tickId } }'
  const { tick } = await requestData(url, force)
  const batch = `... on TickBatch { events { ${selection} } }`
  const query = `subscription ($after: BigInt!) { tail(queue: "q", after: $after) { ${batch} } }`
  return subscribe(transport, url, query, { after: tick.tickId })
}

/** Reads a tail up to its next batch that has events. @returns These, as selected. */
export async function nextTailEvents(tail: Subscription, timeoutMs?: number): Promise<Data[]> {
  for (;;) {
    const { events } = (await tail.nextData(timeoutMs)).tail
    if (events.length > 0) return events
  }
}
