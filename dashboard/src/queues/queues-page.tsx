import { getRouteApi, Link } from '@tanstack/react-router'
import { useWindowVirtualizer } from '@tanstack/react-virtual'
import { type FormEvent, useEffect, useMemo, useRef, useState } from 'react'
import { useAction, useAnswer, useProgress } from '../api/hooks.ts'
import { CreateQueueDocument, MayInDatabaseDocument } from '../generated/operations.ts'
import { rate } from '../ui/format.ts'
import { Badge, Button, Count, classes, Duration, Empty, Nothing, Problem, Sparkline } from '../ui/ui.tsx'
import { Concerns } from './concerns.tsx'
import { blockerOf, findConcerns, pendingOf, type QueueFigures, slowestOf } from './figures.ts'
import styles from './queues.module.css'
import { useQueues } from './use-queues.ts'

const route = getRouteApi('/shell/db/$database')

const columns = {
  name: { title: 'Queue', value: () => 0 },
  rate: { title: 'Events/s', value: (queue: QueueFigures) => queue.currentEventsPerSecond },
  behind: { title: 'Behind', value: (queue: QueueFigures) => slowestOf(queue)?.oldestPendingSeconds ?? 0 },
  pending: { title: 'Pending', value: pendingOf },
  consumers: { title: 'Consumers', value: (queue: QueueFigures) => queue.consumers.nodes.length },
  retries: { title: 'Retries', value: (queue: QueueFigures) => Number(queue.retryCount) },
  dead: { title: 'Dead letters', value: (queue: QueueFigures) => Number(queue.deadLetterCount) },
} as const
type Column = keyof typeof columns
const columnNames = Object.keys(columns) as Column[]

export function QueuesPage() {
  const { database } = route.useParams()
  return <Queues key={database} database={database} />
}

function Queues({ database }: { database: string }) {
  const { q = '', sort = 'name' } = route.useSearch()
  const navigate = route.useNavigate()
  const [inView, setInView] = useState<readonly string[]>([])
  const { queues, samplesOf, isComplete, problem } = useQueues(database, inView)
  const { data: may } = useAnswer(MayInDatabaseDocument, { database })
  const shown = useMemo(() => arrange(queues, q, sort), [queues, q, sort])
  const filter = useRef<HTMLInputElement>(null)
  useSlashKey(filter)
  return (
    <>
      <div className={styles.head}>
        <h1>Queues</h1>
        <span role="status" className={styles.total}>
          {isComplete
            ? `${queues.length.toLocaleString('en')} in ${database}`
            : `Loading… ${queues.length.toLocaleString('en')}`}
        </span>
        <input
          ref={filter}
          type="search"
          className={classes.input}
          aria-label="Filter queues by name"
          placeholder="Filter   /"
          value={q}
          onChange={(event) =>
            void navigate({
              search: (old) => ({ ...old, q: event.target.value || undefined }),
              replace: true,
            })
          }
        />
        {may?.me.manage && <NewQueue database={database} />}
      </div>
      {problem !== null && <Problem>{problem}</Problem>}
      {isComplete && queues.length > 0 && <Concerns concerns={findConcerns(queues)} database={database} />}
      {isComplete && queues.length === 0 && problem === null && (
        <Empty title="There are no queues yet">
          A queue keeps events for all its consumers until each has seen them.
        </Empty>
      )}
      {isComplete && queues.length > 0 && shown.length === 0 && (
        <Empty title={`No queue has “${q}” in its name`} />
      )}
      {shown.length > 0 && (
        <Table database={database} queues={shown} sort={sort} samplesOf={samplesOf} onView={setInView} />
      )}
    </>
  )
}

function arrange(queues: readonly QueueFigures[], q: string, sort: string): QueueFigures[] {
  const wanted = q.toLowerCase()
  const found = queues.filter(({ name }) => name.toLowerCase().includes(wanted))
  const byName = (a: QueueFigures, b: QueueFigures) => (a.name < b.name ? -1 : 1)
  const { value } = columns[columnNames.find((name) => name === sort) ?? 'name']
  return found.sort((a, b) => value(b) - value(a) || byName(a, b))
}

function Table(props: {
  database: string
  queues: readonly QueueFigures[]
  sort: string
  samplesOf: (name: string) => readonly number[]
  onView: (names: readonly string[]) => void
}) {
  const { database, queues, sort, samplesOf, onView } = props
  const table = useRef<HTMLTableElement>(null)
  const [top, setTop] = useState(0)
  useEffect(() => setTop(table.current?.offsetTop ?? 0), [])
  const virtualizer = useWindowVirtualizer({
    count: queues.length,
    estimateSize: () => ROW_HEIGHT,
    overscan: 10,
    scrollMargin: top,
  })
  const rows = virtualizer.getVirtualItems()
  const visible = rows.flatMap(({ index }) => queues[index]?.name ?? [])
  const view = JSON.stringify(visible)
  useEffect(() => {
    const timer = setTimeout(() => onView(JSON.parse(view) as string[]), 150)
    return () => clearTimeout(timer)
  }, [view, onView])
  const above = (rows[0]?.start ?? top) - top
  const below = virtualizer.getTotalSize() - ((rows.at(-1)?.end ?? top) - top)
  return (
    <table ref={table} className={classes.table} aria-rowcount={queues.length + 1}>
      <thead className={styles.stickyHead}>
        <tr>
          {columnNames.map((name) => (
            <th
              key={name}
              scope="col"
              aria-sort={sort !== name ? 'none' : name === 'name' ? 'ascending' : 'descending'}
            >
              <Link to="." search={(old) => ({ ...old, sort: name === 'name' ? undefined : name })} replace>
                {columns[name].title}
              </Link>
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {above > 0 && <Spacer height={above} />}
        {rows.map(({ index }) => {
          const queue = queues[index]
          return (
            queue && <Row key={queue.name} {...{ database, queue, index }} samples={samplesOf(queue.name)} />
          )
        })}
        {below > 0 && <Spacer height={below} />}
      </tbody>
    </table>
  )
}

const ROW_HEIGHT = 41

function Spacer({ height }: { height: number }) {
  return (
    <tr className={styles.spacer}>
      <td colSpan={columnNames.length} style={{ height }} />
    </tr>
  )
}

function Row(props: { database: string; queue: QueueFigures; index: number; samples: readonly number[] }) {
  const { database, queue, index, samples } = props
  const slowest = slowestOf(queue)
  const params = { database, queue: queue.name }
  return (
    <tr aria-rowindex={index + 2}>
      <th scope="row">
        <span className={styles.name}>
          <Link to="/db/$database/queues/$queue" params={params} title={queue.name}>
            {queue.name}
          </Link>
          {blockerOf(queue) && <Badge tone="bad">rotation blocked</Badge>}
          {queue.tickerPaused && <Badge tone="warn">paused</Badge>}
          {queue.tickOverdueSeconds !== null && queue.tickOverdueSeconds > 5 && (
            <Badge tone="bad">no ticks</Badge>
          )}
        </span>
      </th>
      <td>
        <span className={styles.rate}>
          <Sparkline values={samples} />
          <span title={`${queue.currentEventsPerSecond} events per second`}>
            {rate(queue.currentEventsPerSecond)}
          </span>
        </span>
      </td>
      <td data-tone={(slowest?.oldestPendingSeconds ?? 0) >= 60 ? 'bad' : undefined}>
        <Duration seconds={slowest?.oldestPendingSeconds} />
      </td>
      <td>{queue.consumers.nodes.length === 0 ? <Nothing /> : <Count value={pendingOf(queue)} />}</td>
      <td>
        <Count value={queue.consumers.nodes.length} />
      </td>
      <td>
        <Count value={queue.retryCount} />
      </td>
      <td>
        {queue.deadLetterCount === '0' ? (
          '0'
        ) : (
          <Link to="/db/$database/dead-letters" params={{ database }} search={{ queue: queue.name }}>
            <Count value={queue.deadLetterCount} />
          </Link>
        )}
      </td>
    </tr>
  )
}

function NewQueue({ database }: { database: string }) {
  const dialog = useRef<HTMLDialogElement>(null)
  const createQueue = useAction(CreateQueueDocument)
  const { problem, isBusy, run } = useProgress()
  const navigate = route.useNavigate()
  const submit = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    const queue = String(new FormData(event.currentTarget).get('name'))
    const isMade = await run(async () => {
      const { createQueue: made } = await createQueue({ input: { database, name: queue } })
      if (!made.created) throw new Error(`There is a queue of the name ${queue} already`)
      return 'created'
    })
    if (isMade) await navigate({ to: '/db/$database/queues/$queue', params: { database, queue } })
  }
  return (
    <>
      <Button onClick={() => dialog.current?.showModal()}>New queue</Button>
      <dialog ref={dialog} className={classes.dialog} aria-label="New queue">
        <form onSubmit={(event) => void submit(event)}>
          <h2>New queue in {database}</h2>
          <label className={classes.field}>
            <span>Name</span>
            <input className={classes.input} name="name" required autoComplete="off" />
          </label>
          {problem !== null && <Problem>{problem}</Problem>}
          <footer>
            <Button onClick={() => dialog.current?.close()}>Cancel</Button>
            <Button type="submit" tone="primary" disabled={isBusy}>
              Create queue
            </Button>
          </footer>
        </form>
      </dialog>
    </>
  )
}

/** Brings the keyboard to the filter with the key that search has on most pages. */
function useSlashKey(input: React.RefObject<HTMLInputElement | null>) {
  useEffect(() => {
    const listen = (event: KeyboardEvent) => {
      const isTyping = event.target instanceof Element && event.target.matches('input, textarea, select')
      if (event.key !== '/' || isTyping) return
      event.preventDefault()
      input.current?.focus()
    }
    addEventListener('keydown', listen)
    return () => removeEventListener('keydown', listen)
  }, [input])
}
