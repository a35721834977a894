import { countOf } from '../../count-of.ts'
import type { Api } from '../api/api.ts'
import { CliError } from '../connect.ts'
import type { Progress } from '../progress.ts'

export type Action = 'requeue' | 'delete'

/** All dead letters of a queue, or of a consumer on it, that meet a filter. */
interface Letters {
  database: string
  queue: string
  consumer?: string | undefined
  filter: Record<string, unknown> | null
}

interface Job {
  state: 'RUNNING' | 'FINISHED' | 'CANCELLED' | 'FAILED'
  total: string
  done: string
  failed: string
  error: string | null
}

const mutations = {
  requeue: {
    some: 'mutation ($input: RequeueDeadLettersInput!) { done: requeueDeadLetters(input: $input) { count: requeuedCount } }',
    all: 'mutation ($input: AllDeadLettersInput!) { started: requeueAllDeadLetters(input: $input) { count job { id } } }',
  },
  delete: {
    some: 'mutation ($input: DeleteDeadLettersInput!) { done: deleteDeadLetters(input: $input) { count: deletedCount } }',
    all: 'mutation ($input: AllDeadLettersInput!) { started: deleteAllDeadLetters(input: $input) { count job { id } } }',
  },
}

const words = {
  requeue: { done: 'will be delivered again', dryRun: 'would be delivered again' },
  delete: { done: 'deleted', dryRun: 'would be deleted' },
}

/** Requeues or deletes the dead letters with these ids. @returns what was done. */
export async function settleSome(
  api: Api,
  action: Action,
  input: { database: string; queue: string; deadLetterIds: readonly string[] },
): Promise<string> {
  const { done } = await api.ask<{ done: { count: number } }>(mutations[action].some, { input })
  return sentenceOf(done.count, words[action].done)
}

/** Says how many dead letters `settleAll` would work on. */
export async function countAll(api: Api, action: Action, letters: Letters): Promise<string> {
  const input = { ...letters, dryRun: true }
  const { started } = await api.ask<{ started: { count: string } }>(mutations[action].all, { input })
  return sentenceOf(started.count, words[action].dryRun)
}

/**
 * Requeues or deletes all dead letters that meet the filter, as a job of the gateway.
 *
 * @param interrupted Cancels the job; what was done stays done.
 * @returns what was done. @throws CliError where some stay.
 */
export async function settleAll(
  api: Api,
  action: Action,
  letters: Letters,
  { tell, interrupted }: { tell: Progress; interrupted: AbortSignal },
): Promise<string> {
  const { started } = await api.ask<{ started: { job: { id: string } } }>(mutations[action].all, {
    input: letters,
  })
  const place = { database: letters.database, id: started.job.id }
  const cancel = () => {
    console.error('Cancelling, after the portion that is under way …')
    // Where that fails, the job's own stream tells why.
    api.ask(cancelMutation, { input: place }).catch(() => {})
  }
  if (interrupted.aborted) cancel()
  else interrupted.addEventListener('abort', cancel)
  const job = await lastOf(api, place, ({ done, total }) => tell(() => `${done} of ${total} …`))
  interrupted.removeEventListener('abort', cancel)
  return describeEnd(job, words[action].done)
}

const cancelMutation =
  'mutation ($input: CancelDeadLetterJobInput!) { cancelDeadLetterJob(input: $input) { job { state } } }'

const subscription = `subscription ($database: String!, $id: ID!) {
  job: deadLetterJob(database: $database, id: $id) { state total done failed error }
}`

/** Follows a job to its end. @returns its last report. */
async function lastOf(
  api: Api,
  place: { database: string; id: string },
  onReport: (job: Job) => void,
): Promise<Job> {
  let last: Job | undefined
  try {
    for await (const { job } of api.follow<{ job: Job }>(subscription, place)) {
      last = job
      onReport(job)
    }
  } catch (error) {
    throw new CliError(`${(error as Error).message}\nThe job may go on in the gateway.`, { cause: error })
  }
  if (!last || last.state === 'RUNNING') throw new CliError('The gateway has ended; so has the job.')
  return last
}

function describeEnd({ state, done, total, failed, error }: Job, word: string): string {
  const sentence = sentenceOf(done, word)
  if (state === 'FAILED') throw new CliError(`${error}. ${sentence} Start it again for the rest.`)
  if (state === 'CANCELLED') return `Cancelled: ${countOf(done, 'dead letter')} of ${total} ${word}.`
  if (failed !== '0') {
    throw new CliError(`${sentence} ${failed} stay: their consumer is not registered any more.`)
  }
  return sentence
}

function sentenceOf(count: string | number, word: string): string {
  return `${countOf(count, 'dead letter')} ${word}.`
}
