import { Link } from '@tanstack/react-router'
import { useState } from 'react'
import { useClient } from 'urql'
import { messageOf } from '../api/client.ts'
import { useAction, useAnswer, useProgress } from '../api/hooks.ts'
import {
  DeadLetterPageDocument,
  type DeadLetterPageQuery,
  DeleteDeadLettersDocument,
  RequeueDeadLettersDocument,
} from '../generated/operations.ts'
import { EventDetails } from '../ui/event.tsx'
import { Button, ConfirmButton, classes, Loaded, Nothing, Problem, Section, Time } from '../ui/ui.tsx'
import type { Choice } from './conditions.ts'
import styles from './dead-letters.module.css'

type Page = DeadLetterPageQuery['deadLetters']
type DeadLetter = Page['nodes'][number]

/** Dead letters one by one, oldest first. */
export function Letters(props: { choice: Choice; maySettle: boolean; onSettled: () => void }) {
  const { choice, maySettle, onSettled } = props
  const { database } = choice
  const client = useClient()
  const answer = useAnswer(DeadLetterPageDocument, { ...choice, after: null })
  const [more, setMore] = useState<readonly Page[]>([])
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set())
  const { problem, isBusy, run } = useProgress()
  const readOn = (after: string | null) =>
    run(async () => {
      const { data, error } = await client
        .query<DeadLetterPageQuery>(DeadLetterPageDocument, { ...choice, after })
        .toPromise()
      if (error) throw new Error(messageOf(error))
      if (data) setMore([...more, data.deadLetters])
      return ''
    })
  return (
    <Section
      title="Oldest first"
      aside={chosen.size > 0 && <ChosenActions {...{ database, chosen, onSettled }} />}
    >
      <Loaded answer={answer}>
        {({ deadLetters }) => {
          const pages = [deadLetters, ...more]
          const letters = pages.flatMap(({ nodes }) => nodes)
          const end = pages.at(-1)?.pageInfo
          return (
            <>
              <Table {...{ database, letters, maySettle, chosen, setChosen }} />
              {problem !== null && <Problem>{problem}</Problem>}
              {end?.hasNextPage && (
                <p className={styles.more}>
                  <Button disabled={isBusy} onClick={() => void readOn(end.endCursor)}>
                    Show more
                  </Button>
                </p>
              )}
            </>
          )
        }}
      </Loaded>
    </Section>
  )
}

function ChosenActions(props: { database: string; chosen: ReadonlySet<string>; onSettled: () => void }) {
  const { database, chosen, onSettled } = props
  const requeue = useAction(RequeueDeadLettersDocument)
  const remove = useAction(DeleteDeadLettersDocument)
  const input = { database, deadLetterIds: [...chosen] }
  const what = chosen.size === 1 ? 'this dead letter' : `these ${chosen.size} dead letters`
  const settle = async (action: Promise<unknown>) => {
    await action
    onSettled()
    return ''
  }
  return (
    <span className={classes.actions}>
      <ConfirmButton
        label={`Requeue ${chosen.size}`}
        question={`Requeue ${what}?`}
        action={() => settle(requeue({ input }))}
      >
        They reach their consumers again with the next ticks.
      </ConfirmButton>
      <ConfirmButton
        label={`Delete ${chosen.size}`}
        tone="danger"
        question={`Delete ${what} for good?`}
        action={() => settle(remove({ input }))}
      >
        Nothing brings them back.
      </ConfirmButton>
    </span>
  )
}

function Table(props: {
  database: string
  letters: readonly DeadLetter[]
  maySettle: boolean
  chosen: ReadonlySet<string>
  setChosen: (chosen: ReadonlySet<string>) => void
}) {
  const { database, letters, maySettle, chosen, setChosen } = props
  const choose = (id: string, isOn: boolean) =>
    setChosen(new Set(isOn ? [...chosen, id] : [...chosen].filter((each) => each !== id)))
  return (
    <table className={`${classes.table} ${styles.letters}`}>
      <thead>
        <tr>
          <th scope="col">Event</th>
          <th scope="col">Reason</th>
          <th scope="col">Consumer</th>
          <th scope="col">Queue</th>
          <th scope="col">Failed</th>
        </tr>
      </thead>
      <tbody>
        {letters.map(({ deadLetterId, consumerName, failedAt, reason, queue, event }) => (
          <tr key={deadLetterId}>
            <th scope="row">
              <div className={styles.event}>
                {maySettle && (
                  <input
                    type="checkbox"
                    aria-label={`Choose event ${event.eventId}`}
                    checked={chosen.has(deadLetterId)}
                    onChange={(change) => choose(deadLetterId, change.target.checked)}
                  />
                )}
                <details>
                  <summary>
                    {event.type ?? 'no type'} <span className={classes.note}>{event.eventId}</span>
                  </summary>
                  <EventDetails event={event} />
                  <Link
                    to="/db/$database/queues/$queue/events/$event"
                    params={{ database, queue: queue.name, event: event.eventId }}
                  >
                    What became of it
                  </Link>
                </details>
              </div>
            </th>
            <td>{reason ?? <Nothing />}</td>
            <td>
              <Link
                to="/db/$database/queues/$queue/consumers/$consumer"
                params={{ database, queue: queue.name, consumer: consumerName }}
              >
                {consumerName}
              </Link>
            </td>
            <td>
              <Link to="/db/$database/queues/$queue" params={{ database, queue: queue.name }}>
                {queue.name}
              </Link>
            </td>
            <td>
              <Time at={failedAt} />
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  )
}
