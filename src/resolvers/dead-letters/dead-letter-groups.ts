import type { Int8 } from '../../int8.ts'
import type { Statement } from '../../postgres/call.ts'
import type { Context } from '../context.ts'
import { isWithinScope } from '../grants.ts'
import { checkListedQueue } from '../queues/queues.ts'
import { type DeadLetterFilter, letterConditions, meetsFilter } from './dead-letter-filter.ts'
import { readableScope } from './dead-letters.ts'

/** Dead letters of one consumer with the same type and, but for numbers, the same reason. */
export interface DeadLetterGroup {
  queueName: string
  consumerName: string
  /** The reason in short, as a filter takes it; empty where there was none. */
  reason: string
  type: string | null
  count: Int8
  oldest: string
  newest: string
}

export interface DeadLetterGroups {
  groups: DeadLetterGroup[]
  /** Number of dead letters in all groups. */
  total: Int8
  /** Number of dead letters in groups that are too small to be among these. */
  others: Int8
}

/** Maximum number of groups in an answer: the largest. */
const MAX_GROUPS = 100

const groupsStatement: Statement = {
  name: 'dead-letter-groups',
  role: 'reader',
  kind: 'listing',
  // Most letters have one of a few reasons, which are shortened once each.
  text: `with alike as (
      select queue_name, consumer_name, left(reason, 400) as reason, ev_type,
             count(*) as count, min(failed_at) as oldest, max(failed_at) as newest
        from pgq_gateway.dead_letter_info
       where ($1::text is null or queue_name = $1) and ($2::text is null or consumer_name = $2)
         and ${isWithinScope(3)} and ${meetsFilter(5)}
       group by 1, 2, 3, 4)
    select queue_name as "queueName", consumer_name as "consumerName", pgq_gateway.normalized_reason(reason) as reason,
           ev_type as type, sum(count)::int8 as count, min(oldest) as oldest, max(newest) as newest,
           (sum(sum(count)) over ())::int8 as total
      from alike
     group by 1, 2, 3, 4
     order by sum(count) desc, 1, 2, 3, 4
     limit ${MAX_GROUPS}`,
}

/**
 * Groups the dead letters that the caller may read, the largest groups first.
 *
 * @throws PgqError `QUEUE_NOT_FOUND`; `FORBIDDEN` where it may read none.
 */
export async function groupDeadLetters(
  context: Context,
  input: {
    database: string
    queue?: string | null | undefined
    consumer?: string | null | undefined
    filter?: DeadLetterFilter | null | undefined
  },
): Promise<DeadLetterGroups> {
  await checkListedQueue(context, input)
  const scope = readableScope(context, input)
  const rows = await context
    .database(input.database)
    .call<DeadLetterGroup & { total: Int8 }>(groupsStatement, [
      input.queue ?? null,
      input.consumer ?? null,
      scope?.queues ?? null,
      scope?.consumers ?? null,
      ...letterConditions(input.filter),
    ])
  const total = rows[0]?.total ?? '0'
  const shown = rows.reduce((sum, { count }) => sum + BigInt(count), 0n)
  return { groups: rows, total, others: String(BigInt(total) - shown) }
}
