import { getRouteApi, Link } from '@tanstack/react-router'
import { useEffect, useState } from 'react'
import { useClient } from 'urql'
import { messageOf } from '../api/client.ts'
import { useAction, useAnswer, useLive } from '../api/hooks.ts'
import {
  DeadLetterPageDocument,
  type DeadLetterPageQuery,
  DeleteDeadLettersDocument,
  MayWithDeadLettersDocument,
  QueuesLiveDocument,
  RequeueDeadLettersDocument,
} from '../generated/operations.ts'
import { EventDetails } from '../ui/event.tsx'
import { Button, ConfirmButton, Count, classes, Empty, Loaded, Nothing, Time } from '../ui/ui.tsx'
import styles from './dead-letters.module.css'

const route = getRouteApi('/shell/db/$database/dead-letters')

type Page = DeadLetterPageQuery['deadLetters']
type DeadLetter = Page['nodes'][number]

export function DeadLettersPage() {
  const { database } = route.useParams()
  const { queue, consumer } = route.useSearch()
  const navigate = route.useNavigate()
  const search = (change: { queue?: string | undefined; consumer?: string | undefined }) =>
    void navigate({ search: (old) => ({ ...old, ...change }), replace: true })
  return (
    <>
      <div className={classes.crumbs}>
        <h1>Dead letters</h1>
        <span className={classes.where}>in {database}, oldest first</span>
        <form className={styles.filters} onSubmit={(event) => event.preventDefault()}>
          <FilterBy label="Queue" value={queue} onChange={(value) => search({ queue: value })} />
          <FilterBy label="Consumer" value={consumer} onChange={(value) => search({ consumer: value })} />
        </form>
      </div>
      <Letters
        key={JSON.stringify([database, queue, consumer])}
        {...{ database, queue: queue ?? null, consumer: consumer ?? null }}
      />
    </>
  )
}

function FilterBy(props: {
  label: string
  value: string | undefined
  onChange: (value: string | undefined) => void
}) {
  const { label, value = '', onChange } = props
  const change = (text: string) => text !== value && onChange(text || undefined)
  return (
    <input
      key={value}
      type="search"
      className={classes.input}
      aria-label={label}
      placeholder={label}
      defaultValue={value}
      onBlur={(event) => change(event.target.value)}
      onKeyDown={(event) => event.key === 'Enter' && change(event.currentTarget.value)}
    />
  )
}

interface Place {
  database: string
  queue: string | null
  consumer: string | null
}

function Letters(place: Place) {
  const client = useClient()
  const answer = useAnswer(DeadLetterPageDocument, { ...place, after: null })
  const [more, setMore] = useState<readonly Page[]>([])
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set())
  const { data: caller } = useAnswer(MayWithDeadLettersDocument, place)
  const refresh = () => {
    setMore([])
    setChosen(new Set())
    answer.refresh()
  }
  const total = useTotal(place, refresh)
  const readOn = async (after: string | null) => {
    const { data, error } = await client
      .query<DeadLetterPageQuery>(DeadLetterPageDocument, { ...place, after })
      .toPromise()
    if (error) throw new Error(messageOf(error))
    if (data) setMore([...more, data.deadLetters])
  }
  return (
    <Loaded answer={answer}>
      {({ deadLetters }) => {
        const pages = [deadLetters, ...more]
        const letters = pages.flatMap(({ nodes }) => nodes)
        const end = pages.at(-1)?.pageInfo
        if (letters.length === 0)
          return (
            <Empty title="There are no dead letters">Events that a consumer gives up on are kept here.</Empty>
          )
        return (
          <>
            <div className={styles.bar}>
              {caller?.me.manage && <Actions {...place} chosen={chosen} total={total} onDone={refresh} />}
              <Button onClick={refresh}>Look again</Button>
            </div>
            <Table {...{ ...place, letters, chosen, setChosen }} mayManage={caller?.me.manage ?? false} />
            {end?.hasNextPage && (
              <p className={styles.more}>
                <Button onClick={() => void readOn(end.endCursor)}>Show more</Button>
              </p>
            )}
          </>
        )
      }}
    </Loaded>
  )
}

/** Follows how many dead letters the queue has. @param onChange Called when there are more or fewer. */
function useTotal({ database, queue }: Place, onChange: () => void): string | undefined {
  const { data } = useLive(
    QueuesLiveDocument,
    { database, queues: queue === null ? [] : [queue] },
    { pause: queue === null },
  )
  const total = data?.queueStats[0]?.deadLetterCount
  const [seen, setSeen] = useState(total)
  useEffect(() => {
    if (total === seen) return
    setSeen(total)
    if (seen !== undefined) onChange()
  }, [total, seen, onChange])
  return total
}

function Actions(
  props: Place & { chosen: ReadonlySet<string>; total: string | undefined; onDone: () => void },
) {
  const { database, queue, consumer, chosen, total, onDone } = props
  const requeue = useAction(RequeueDeadLettersDocument)
  const remove = useAction(DeleteDeadLettersDocument)
  const isAll = chosen.size === 0
  if (isAll && queue === null)
    return <span className={classes.note}>Choose some, or a queue, to requeue or delete them.</span>
  const what = isAll
    ? `all dead letters of ${consumer === null ? '' : `${consumer} on `}${queue}`
    : `${chosen.size} dead letters`
  const input = { database, ...(isAll ? { queue, consumer } : { deadLetterIds: [...chosen] }) }
  /** The gateway takes so many at once, until none is left. */
  const untilNone = async (step: () => Promise<number>): Promise<number> => {
    let sum = 0
    for (;;) {
      const done = await step()
      sum += done
      if (done === 0 || !isAll) return sum
    }
  }
  const requeueThem = async () => {
    const done = await untilNone(async () => (await requeue({ input })).requeueDeadLetters.requeuedCount)
    onDone()
    return `${done} requeued`
  }
  const deleteThem = async () => {
    const done = await untilNone(async () => (await remove({ input })).deleteDeadLetters.deletedCount)
    onDone()
    return `${done} deleted`
  }
  const extent = isAll && consumer === null && total !== undefined && <Count value={total} />
  return (
    <>
      <ConfirmButton
        label={isAll ? 'Requeue all' : `Requeue ${chosen.size}`}
        question={`Requeue ${what}?`}
        action={requeueThem}
      >
        {extent && <p>There are {extent} now.</p>}
        They reach their consumers again with the next ticks.
      </ConfirmButton>
      <ConfirmButton
        label={isAll ? 'Delete all' : `Delete ${chosen.size}`}
        tone="danger"
        question={`Delete ${what} for good?`}
        action={deleteThem}
      >
        {extent && <p>There are {extent} now.</p>}
        Nothing brings them back.
      </ConfirmButton>
    </>
  )
}

function Table(props: {
  database: string
  letters: readonly DeadLetter[]
  mayManage: boolean
  chosen: ReadonlySet<string>
  setChosen: (chosen: ReadonlySet<string>) => void
}) {
  const { database, letters, mayManage, chosen, setChosen } = props
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
                {mayManage && (
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
