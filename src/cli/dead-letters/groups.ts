import type { Api, Variables } from '../api/api.ts'
import { type Column, formatTable } from '../table.ts'

interface Group {
  count: string
  queueName: string
  consumerName: string
  type: string | null
  reason: string
  oldest: string
  newest: string
}

interface Groups {
  groups: Group[]
  others: string
  total: string
}

const query = `query ($database: String!, $queue: String, $consumer: String, $filter: DeadLetterFilter) {
  deadLetterGroups(database: $database, queue: $queue, consumer: $consumer, filter: $filter) {
    groups { count queueName consumerName type reason oldest newest } others total
  }
}`

const columns: readonly Column<Group>[] = [
  { title: 'Count', value: ({ count }) => count, align: 'right' },
  { title: 'Queue', value: ({ queueName }) => queueName },
  { title: 'Consumer', value: ({ consumerName }) => consumerName },
  { title: 'Type', value: ({ type }) => type },
  { title: 'First', value: ({ oldest }) => oldest },
  { title: 'Last', value: ({ newest }) => newest },
  { title: 'Reason', value: ({ reason }) => reason },
]

/** Formats dead letters by queue, consumer, type and reason, the largest group first, as a table or as JSON. */
export async function deadLetterGroups(api: Api, variables: Variables, json: boolean): Promise<string> {
  const { deadLetterGroups: answer } = await api.ask<{ deadLetterGroups: Groups }>(query, variables)
  const { groups, others, total } = answer
  if (json) return JSON.stringify(answer, null, 2)
  if (groups.length === 0) return 'No dead letters.'
  const rest = others === '0' ? '' : `${others} of them are in smaller groups. `
  return `${formatTable(groups, columns)}\n\n${rest}${total} in all.`
}
