import { until } from './deadline.ts'
import { type Data, requestData } from './graphql.ts'

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
