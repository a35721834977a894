import { getRouteApi } from '@tanstack/react-router'
import { useState } from 'react'
import { useAnswer, useLive } from '../api/hooks.ts'
import {
  DeadLetterGroupsDocument,
  MayWithDeadLettersDocument,
  QueuesLiveDocument,
} from '../generated/operations.ts'
import { Button, Count, classes, Empty, Loaded } from '../ui/ui.tsx'
import { type Choice, type Conditions, choiceOf } from './conditions.ts'
import styles from './dead-letters.module.css'
import { Filters } from './filters.tsx'
import { Chosen, Groups } from './groups.tsx'
import { Jobs, useJobs } from './jobs.tsx'
import { Letters } from './letters.tsx'
import { WholeActions } from './whole-actions.tsx'

const route = getRouteApi('/shell/db/$database/dead-letters')

export function DeadLettersPage() {
  const { database } = route.useParams()
  const conditions = route.useSearch()
  const navigate = route.useNavigate()
  const choose = (change: Conditions) =>
    void navigate({ search: (old) => ({ ...old, ...change }), replace: true })
  return (
    <>
      <div className={classes.crumbs}>
        <h1>Dead letters</h1>
        <span className={classes.where}>in {database}</span>
      </div>
      <Filters conditions={conditions} onChange={choose} />
      <Found
        key={JSON.stringify([database, conditions])}
        choice={choiceOf(database, conditions)}
        conditions={conditions}
      />
    </>
  )
}

function Found({ choice, conditions }: { choice: Choice; conditions: Conditions }) {
  const { database, queue, consumer } = choice
  const answer = useAnswer(DeadLetterGroupsDocument, choice)
  const { data: caller } = useAnswer(MayWithDeadLettersDocument, { database, queue, consumer })
  const [look, setLook] = useState(0)
  const lookAgain = () => {
    answer.refresh()
    setLook(look + 1)
  }
  const jobs = useJobs(database)
  const maySettle = caller !== undefined && (caller.me.manage || (consumer !== null && caller.me.consume))
  const isGroup = conditions.reason !== undefined
  return (
    <>
      <Jobs database={database} ids={jobs.ids} mayCancel={maySettle} onEnd={lookAgain} />
      <Loaded answer={answer}>
        {({ deadLetterGroups: { total, others, groups } }) => (
          <>
            <div className={styles.bar}>
              <span role="status">
                <Count value={total} /> {total === '1' ? 'dead letter' : 'dead letters'}
              </span>
              {maySettle && total !== '0' && (
                <WholeActions choice={choice} total={total} onStart={jobs.add} />
              )}
              <Button onClick={lookAgain}>Look again</Button>
              {queue !== null && <News key={look} database={database} queue={queue} />}
            </div>
            {isGroup && <Chosen database={database} conditions={conditions} />}
            {total === '0' ? (
              <Empty title="There are no dead letters">
                {Object.keys(conditions).length === 0
                  ? 'Events that a consumer gives up on are kept here.'
                  : 'None meets these conditions.'}
              </Empty>
            ) : (
              <>
                {!isGroup && <Groups database={database} groups={groups} others={others} />}
                <Letters key={look} choice={choice} maySettle={maySettle} onSettled={lookAgain} />
              </>
            )}
          </>
        )}
      </Loaded>
    </>
  )
}

/** Tells that the queue has more or fewer dead letters than when they were looked at. */
function News({ database, queue }: { database: string; queue: string }) {
  const { data } = useLive(QueuesLiveDocument, { database, queues: [queue] })
  const now = data?.queueStats[0]?.deadLetterCount
  const [then, setThen] = useState(now)
  if (then === undefined && now !== undefined) setThen(now)
  if (now === undefined || now === (then ?? now)) return null
  return (
    <span role="status" className={classes.note}>
      The queue has <Count value={now} /> now.
    </span>
  )
}
