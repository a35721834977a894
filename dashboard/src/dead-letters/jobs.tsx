import { useEffect, useRef, useState } from 'react'
import { useAction, useAnswer, useLive } from '../api/hooks.ts'
import {
  CancelDeadLetterJobDocument,
  DeadLetterJobLiveDocument,
  type DeadLetterJobLiveSubscription,
  DeadLetterJobsDocument,
} from '../generated/operations.ts'
import { exact } from '../ui/format.ts'
import { ConfirmButton, classes, Problem } from '../ui/ui.tsx'
import styles from './dead-letters.module.css'

type Job = DeadLetterJobLiveSubscription['deadLetterJob']

/** Knows the jobs that ran when the page was opened, whoever began them, and those begun on it. */
export function useJobs(database: string) {
  const { data } = useAnswer(DeadLetterJobsDocument, { database })
  const [begun, setBegun] = useState<readonly string[]>([])
  const running = data?.deadLetterJobs.filter(({ state }) => state === 'RUNNING').map(({ id }) => id) ?? []
  return {
    ids: [...new Set([...running, ...begun])],
    add: (id: string) => setBegun((before) => [...before, id]),
  }
}

export function Jobs(props: {
  database: string
  ids: readonly string[]
  mayCancel: boolean
  onEnd: () => void
}) {
  const { ids, ...rest } = props
  return ids.map((id) => <LiveJob key={id} id={id} {...rest} />)
}

function LiveJob(props: { database: string; id: string; mayCancel: boolean; onEnd: () => void }) {
  const { database, id, mayCancel, onEnd } = props
  const { data, problem } = useLive(DeadLetterJobLiveDocument, { database, id })
  const cancel = useAction(CancelDeadLetterJobDocument)
  const job = data?.deadLetterJob
  const isOver = job !== undefined && job.state !== 'RUNNING'
  const tellEnd = useRef(onEnd)
  tellEnd.current = onEnd
  useEffect(() => {
    if (isOver) tellEnd.current()
  }, [isOver])
  if (problem !== null) return <Problem>{problem}</Problem>
  if (!job) return null
  return (
    <div className={styles.job}>
      <p role="status">{sentenceOf(job)}</p>
      {!isOver && (
        <>
          <progress
            aria-label="Progress"
            max={Number(job.total)}
            value={Number(job.done) + Number(job.failed)}
          />
          {mayCancel && (
            <ConfirmButton
              label="Stop"
              question="Stop here?"
              action={() => cancel({ input: { database, id } }).then(() => '')}
            >
              What is done stays done; the rest stays as it is.
            </ConfirmButton>
          )}
          <small className={classes.note}>It goes on in the gateway when this page is closed.</small>
        </>
      )}
    </div>
  )
}

const doing = { REQUEUE: 'Requeueing', DELETE: 'Deleting' }
const done = { REQUEUE: 'requeued', DELETE: 'deleted' }

function sentenceOf({
  action,
  state,
  total,
  done: number,
  failed,
  queueName,
  consumerName,
  error,
}: Job): string {
  const where = consumerName === null ? queueName : `${consumerName} on ${queueName}`
  if (state === 'RUNNING')
    return `${doing[action]} dead letters of ${where}: ${exact(number)} of ${exact(total)}.`
  const ends = {
    FINISHED: '',
    CANCELLED: ' It was stopped.',
    FAILED: ` It failed: ${error}. Start it again.`,
  }
  const staying = failed === '0' ? '' : ` ${exact(failed)} stay: their consumer is not registered any more.`
  return `${exact(number)} of ${exact(total)} dead letters of ${where} ${done[action]}.${staying}${ends[state]}`
}
