import { useAction } from '../api/hooks.ts'
import { DeleteAllDeadLettersDocument, RequeueAllDeadLettersDocument } from '../generated/operations.ts'
import { exact } from '../ui/format.ts'
import { ConfirmButton, classes } from '../ui/ui.tsx'
import type { Choice } from './conditions.ts'

/** Requeues or deletes all dead letters that are shown, by a job of the gateway. */
export function WholeActions(props: { choice: Choice; total: string; onStart: (job: string) => void }) {
  const { choice, total, onStart } = props
  const { database, queue, consumer, filter } = choice
  const requeue = useAction(RequeueAllDeadLettersDocument)
  const remove = useAction(DeleteAllDeadLettersDocument)
  if (queue === null)
    return <span className={classes.note}>To requeue or delete all of them, choose a reason or a queue.</span>
  const input = { database, queue, consumer, filter }
  const start = (job: { id: string } | null) => {
    if (job) onStart(job.id)
    return ''
  }
  const where = consumer === null ? queue : `${consumer} on ${queue}`
  const isPart = Object.keys(filter).length > 0
  const what = `${isPart ? 'these' : 'all'} ${exact(total)} dead letters of ${where}`
  const lasting = 'This goes on in the gateway when the page is closed.'
  return (
    <>
      <ConfirmButton
        label="Requeue all"
        question={`Requeue ${what}?`}
        action={async () => start((await requeue({ input })).requeueAllDeadLetters.job)}
      >
        They reach their consumers again with the next ticks. {lasting}
      </ConfirmButton>
      <ConfirmButton
        label="Delete all"
        tone="danger"
        question={`Delete ${what} for good?`}
        action={async () => start((await remove({ input })).deleteAllDeadLetters.job)}
      >
        Nothing brings them back. {lasting}
      </ConfirmButton>
    </>
  )
}
