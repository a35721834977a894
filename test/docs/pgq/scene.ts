import type { Sessions } from '../../engine/sessions.ts'
import { requestData } from '../../support/graphql.ts'

/** What the names of docs/pgq.md stand for: ids, and the lease of a batch that was opened through the gateway. */
export interface Scene {
  /** Distinguishes the queues of this scene from those of others in the same database. */
  suffix: string
  values: Record<'batch' | 'share' | 'event' | 'failed' | 'letter' | 'tick', string>
  leases: Partial<Record<'batch' | 'share', string>>
}

/** Makes the queues that docs/pgq.md speaks of, with its consumers and their batches. */
export async function setScene(sessions: Sessions, suffix: string, gatewayUrl?: string): Promise<Scene> {
  const queue = `orders${suffix}`
  const one = async (sql: string) => (await sessions.ask(sql))[0] ?? ''
  await sessions.ask(`select pgq.create_queue('${queue}'), pgq.create_queue('attic${suffix}')`)
  await sessions.ask(`update pgq.queue set queue_ticker_max_lag = '0', queue_ticker_idle_period = '0'`)
  await sessions.ask(`select pgq.register_consumer('${queue}', 'billing'), pgq.register_consumer('${queue}', 'search'),
    pgq_coop.register_subconsumer('${queue}', 'resizers', 'one'), pgq_coop.register_subconsumer('${queue}', 'resizers', 'two')`)
  const failed = await one(`select pgq.insert_event('${queue}', 'created', '{"id": 7}')`)
  const event = await one(`select pgq.insert_event('${queue}', 'created', '{"id": 8}')`)
  const tick = await one(`select pgq.ticker('${queue}')`)
  const { batch, share } = gatewayUrl ? await openByApi(gatewayUrl, queue) : await openBySql(sessions, queue)
  const letter = await one(
    `select pgq_gateway.fail_events(${batch.id}, ${batch.lease ? `'${batch.lease}'` : 'null'}, array[${failed}], array['no total']);
     select dead_letter_id from pgq_gateway.dead_letter_info where queue_name = '${queue}'`,
  )
  await sessions.ask(`select pgq.insert_event('${queue}', 'created', '{"id": 9}')`)
  await sessions.ask(`select pgq.ticker('${queue}')`)
  return {
    suffix,
    values: { batch: batch.id, share: share.id, event, failed, letter, tick },
    leases: { ...(batch.lease && { batch: batch.lease }), ...(share.lease && { share: share.lease }) },
  }
}

interface Opened {
  id: string
  lease?: string
}

async function openBySql(sessions: Sessions, queue: string): Promise<Record<'batch' | 'share', Opened>> {
  const [batch = ''] = await sessions.ask(`select pgq.next_batch('${queue}', 'billing')`)
  const [share = ''] = await sessions.ask(`select pgq_coop.next_batch('${queue}', 'resizers', 'two')`)
  return { batch: { id: batch ?? '' }, share: { id: share ?? '' } }
}

async function openByApi(url: string, queue: string): Promise<Record<'batch' | 'share', Opened>> {
  const { batch, share } = await requestData(
    url,
    `mutation ($queue: String!) {
      batch: nextBatch(input: { queue: $queue, consumer: "billing" }) { batch { batchId leaseToken } }
      share: nextCoopBatch(input: { queue: $queue, consumer: "resizers", subconsumer: "two" }) { batch { batchId leaseToken } }
    }`,
    { queue },
  )
  return {
    batch: { id: batch.batch.batchId, lease: batch.batch.leaseToken },
    share: { id: share.batch.batchId, lease: share.batch.leaseToken },
  }
}

/** Gives the queues in a piece of code the names that they have in the scene. */
export function withQueues(code: string, { suffix }: Scene): string {
  return code.replaceAll(
    /(["'])(orders|attic|mails)\1/g,
    (_, quote, name) => `${quote}${name}${suffix}${quote}`,
  )
}

/** Finds what a name of docs/pgq.md stands for. @throws Error for an unknown one. */
export function meaningOf(name: string, { values }: Scene): string {
  const value = values[name as keyof Scene['values']]
  if (value === undefined) throw new Error(`docs/pgq.md: nothing says what ${name} stands for`)
  return value
}
