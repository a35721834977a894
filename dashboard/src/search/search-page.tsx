import { getRouteApi, Link } from '@tanstack/react-router'
import { useState } from 'react'
import { useAnswer } from '../api/hooks.ts'
import { RecentTicksDocument } from '../generated/operations.ts'
import { exact, utc } from '../ui/format.ts'
import { QueueCrumbs } from '../ui/queue-crumbs.tsx'
import { Button, Count, classes, Empty, Problem } from '../ui/ui.tsx'
import { type Conditions, filterOf } from './conditions.ts'
import { Results } from './results.tsx'
import styles from './search.module.css'
import { EventById, SearchForm } from './search-form.tsx'
import { type Search, useSearch } from './use-search.ts'

const route = getRouteApi('/shell/db/$database/queues/$queue/events')

export function SearchPage() {
  const { database, queue } = route.useParams()
  const conditions = route.useSearch()
  const navigate = route.useNavigate()
  // Who asks for the same once more wants what was published since.
  const [round, setRound] = useState(0)
  const key = JSON.stringify([database, queue, conditions])
  const search = (wanted: Conditions) => {
    setRound(round + 1)
    void navigate({ search: wanted })
  }
  return (
    <>
      <QueueCrumbs title="Search" part="the log of" {...{ database, queue }}>
        <Link to="/db/$database/queues/$queue/tail" params={{ database, queue }}>
          Live tail
        </Link>
        <EventById database={database} queue={queue} />
      </QueueCrumbs>
      <SearchForm key={`form ${key}`} {...{ database, queue, conditions }} onSearch={search} />
      {conditions.path !== undefined && conditions.equals === undefined ? (
        <Empty title="Say what is at the JSON path">An empty text is written in quotes.</Empty>
      ) : (
        <Found key={`${round} ${key}`} {...{ database, queue, conditions }} />
      )}
    </>
  )
}

function Found(props: { database: string; queue: string; conditions: Conditions }) {
  const { database, queue, conditions } = props
  const { search, stop, goOn } = useSearch({ database, queue, filter: filterOf(conditions) })
  const { data } = useAnswer(RecentTicksDocument, { database, queue, last: 1 })
  const newest = data?.queue?.ticks.nodes[0]?.eventSeq
  const { events, isComplete, isSearching, problem, searchedTo } = search
  const isAll = isComplete && events.length === 0
  const button = isSearching ? (
    <Button onClick={stop}>Stop</Button>
  ) : (
    !isComplete && <Button onClick={goOn}>Go on</Button>
  )
  // What was written after the end of the wanted time was not looked at, so nobody knows how much that is.
  const looked =
    newest === undefined || searchedTo === null || conditions.to !== undefined
      ? 0n
      : BigInt(newest) - BigInt(searchedTo.eventId) + 1n
  return (
    <>
      <div className={styles.state}>
        {button}
        <span role="status" className={classes.note}>
          <Progress search={search} />
          {looked > 0n && (
            <>
              , about <Count value={String(looked)} /> events
            </>
          )}
          {!isSearching && !isComplete && problem === null && '. Older ones are yet to be looked at.'}
        </span>
      </div>
      {problem !== null && <Problem>{problem}</Problem>}
      {isAll ? (
        <Empty title="No event meets these conditions">
          That is all that the log holds. Rotation removes what all consumers have finished.
        </Empty>
      ) : (
        events.length > 0 && <Results {...{ database, queue, events }} />
      )}
      {events.length > 20 && button && <p className={styles.more}>{button}</p>}
    </>
  )
}

/** Says how far the search has come. */
function Progress({ search: { events, searchedTo, isSearching, isComplete } }: { search: Search }) {
  const found = `${exact(events.length)} found, newest first`
  if (isSearching) return `Looking… ${found}${searchedTo ? `; through to ${utc(searchedTo.time)}` : ''}`
  if (isComplete) return `${found}; that is all${searchedTo ? `, through to ${utc(searchedTo.time)}` : ''}`
  return searchedTo ? `${found}; looked through to ${utc(searchedTo.time)}` : 'Nothing was looked at yet'
}
