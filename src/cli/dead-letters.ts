import { countOf } from '../count-of.ts'
import type { Api } from './api/api.ts'

/** Which dead letters: all of a queue, or of a consumer on it, or those with these ids. */
interface Choice {
  database: string
  queue: string
  consumer: string | undefined
  ids: readonly string[]
}

const mutations = {
  requeue:
    'mutation ($input: RequeueDeadLettersInput!) { done: requeueDeadLetters(input: $input) { count: requeuedCount } }',
  delete:
    'mutation ($input: DeleteDeadLettersInput!) { done: deleteDeadLetters(input: $input) { count: deletedCount } }',
}

const words = { requeue: 'will be delivered again', delete: 'deleted' }

/** Requeues or deletes dead letters, as many at once as the server allows, until none is left. @returns what was done. */
export async function settleDeadLetters(
  api: Api,
  action: keyof typeof mutations,
  { database, queue, consumer, ids }: Choice,
): Promise<string> {
  const given = { database, queue, ...(consumer !== undefined && { consumer }) }
  const input = ids.length > 0 ? { ...given, deadLetterIds: ids } : given
  let total = 0
  for (let count = -1; count !== 0; ) {
    const { done } = await api.ask<{ done: { count: number } }>(mutations[action], { input })
    count = done.count
    total += count
  }
  return `${countOf(total, 'dead letter')} ${words[action]}.`
}
