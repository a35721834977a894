import { getRouteApi, Link } from '@tanstack/react-router'
import { useState } from 'react'
import { useAnswer, useLive } from '../api/hooks.ts'
import {
  type EventFieldsFragment,
  RecentTicksDocument,
  TailLiveDocument,
  type TailLiveSubscription,
} from '../generated/operations.ts'
import { EventRow, keyOf, listClasses, useOpenRows } from '../ui/event-list.tsx'
import { namesIn } from '../ui/format.ts'
import { QueueCrumbs } from '../ui/queue-crumbs.tsx'
import { Button, classes, Empty, Loaded, Problem } from '../ui/ui.tsx'
import styles from './tail.module.css'

const route = getRouteApi('/shell/db/$database/queues/$queue/tail')

/** So many events stay on the page. */
const KEPT = 500
/** Ticks before now that the page begins with. */
const BEFORE = 20

export function TailPage() {
  const { database, queue } = route.useParams()
  const { types = '', q = '' } = route.useSearch()
  const navigate = route.useNavigate()
  const start = useAnswer(RecentTicksDocument, { database, queue, last: BEFORE })
  const search = (change: { types?: string | undefined; q?: string | undefined }) =>
    void navigate({ search: (old) => ({ ...old, ...change }), replace: true })
  return (
    <>
      <QueueCrumbs title="Live tail" part="of" {...{ database, queue }}>
        <Link to="/db/$database/queues/$queue/events" params={{ database, queue }}>
          Search
        </Link>
      </QueueCrumbs>
      <div className={styles.filters}>
        <input
          className={classes.input}
          aria-label="Types, apart by commas"
          placeholder="Types, apart by commas"
          defaultValue={types}
          onBlur={(event) => search({ types: event.target.value || undefined })}
          onKeyDown={(event) =>
            event.key === 'Enter' && search({ types: event.currentTarget.value || undefined })
          }
        />
        <input
          type="search"
          className={classes.input}
          aria-label="Text in type, data or extra"
          placeholder="Text in type, data or extra"
          value={q}
          onChange={(event) => search({ q: event.target.value || undefined })}
        />
      </div>
      <Loaded answer={start}>
        {({ queue: found }) =>
          found ? (
            <Events
              key={JSON.stringify([database, queue, types])}
              {...{ database, queue, q }}
              after={found.ticks.nodes[0]?.tickId ?? null}
              types={namesIn(types)}
            />
          ) : (
            <Empty title="This queue is gone">Somebody has dropped it, or you may not see it any more.</Empty>
          )
        }
      </Loaded>
    </>
  )
}

interface Tail {
  events: readonly EventFieldsFragment[]
  gap: { fromTick: string; toTick: string } | null
}

function Events(props: {
  database: string
  queue: string
  q: string
  after: string | null
  types: string[]
}) {
  const { database, queue, q, after, types } = props
  const filter = types.length > 0 ? { types } : null
  const { data, problem } = useLive(
    TailLiveDocument,
    { database, queue, after, filter },
    { gather: addMessage },
  )
  const rows = useOpenRows()
  const [frozen, setFrozen] = useState<Tail | null>(null)
  const tail = frozen ?? data ?? { events: [], gap: null }
  const shown = tail.events.filter((event) => hasText(event, q))
  const waiting = frozen && data ? data.events.filter((event) => !frozen.events.includes(event)).length : 0
  return (
    <>
      <div className={styles.state}>
        <Button aria-pressed={frozen !== null} onClick={() => setFrozen(frozen ? null : tail)}>
          {frozen ? 'Go on' : 'Pause'}
        </Button>
        <span role="status" className={classes.note}>
          {frozen ? `Paused; ${waiting} new` : `${shown.length} events, newest first`}
        </span>
      </div>
      {problem !== null && <Problem>{problem}</Problem>}
      {tail.gap && (
        <Problem>
          The log between ticks {tail.gap.fromTick} and {tail.gap.toTick} is gone.
        </Problem>
      )}
      {shown.length === 0 ? (
        <Empty title="No events yet">They appear here as soon as they are ticked.</Empty>
      ) : (
        <ol className={listClasses.events} aria-label="Events">
          {shown.map((event) => (
            <li key={keyOf(event)}>
              <EventRow {...{ database, queue, event }} {...rows.of(event)} />
            </li>
          ))}
        </ol>
      )}
    </>
  )
}

/** Puts what is new on top. After a lost connection the stream begins again, so events may come twice. */
function addMessage(before: Tail = { events: [], gap: null }, { tail }: TailLiveSubscription): Tail {
  if (tail.__typename === 'Gap') return { ...before, gap: tail }
  const known = new Set(before.events.map(keyOf))
  const fresh = tail.events.filter((event) => !known.has(keyOf(event))).reverse()
  return { events: [...fresh, ...before.events].slice(0, KEPT), gap: null }
}

function hasText({ type, data, extra1, extra2, extra3, extra4 }: EventFieldsFragment, q: string): boolean {
  return q === '' || [type, data, extra1, extra2, extra3, extra4].some((text) => text?.includes(q))
}
