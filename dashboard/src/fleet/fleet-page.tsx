import { Link, Navigate } from '@tanstack/react-router'
import { useAnswer, useLive } from '../api/hooks.ts'
import {
  FleetDocument,
  type FleetQuery,
  type MoverFiguresFragment,
  MoversDocument,
  MoversLiveDocument,
} from '../generated/operations.ts'
import { Badge, Count, classes, Duration, Empty, Loaded, Section, type Tone } from '../ui/ui.tsx'

/** The databases of the gateway; the one that there is, where there is one. */
export function FleetPage() {
  const answer = useAnswer(FleetDocument, {})
  return (
    <Loaded answer={answer}>
      {({ databases }) => {
        const [first, ...others] = databases
        if (!first)
          return (
            <Empty title="There is no database that you may see">
              Whoever runs the gateway can grant you <code>stats</code> on one.
            </Empty>
          )
        if (others.length === 0)
          return <Navigate to="/db/$database" params={{ database: first.name }} replace />
        return <Fleet databases={databases} />
      }}
    </Loaded>
  )
}

function Fleet({ databases }: FleetQuery) {
  return (
    <>
      <h1>Databases</h1>
      <table className={classes.table}>
        <thead>
          <tr>
            <th scope="col">Database</th>
            <th scope="col">Ticks</th>
            <th scope="col">Overdue queues</th>
            <th scope="col">PgQ</th>
            <th scope="col">PostgreSQL</th>
          </tr>
        </thead>
        <tbody>
          {databases.map(({ name, ticker, engine, pgqVersion, postgresVersion }) => (
            <tr key={name}>
              <th scope="row">
                <Link to="/db/$database" params={{ database: name }}>
                  {name}
                </Link>
              </th>
              <td>
                <Ticker {...ticker} />
              </td>
              <td>
                <Count value={ticker.overdueQueueCount} />
              </td>
              <td>
                {pgqVersion} {engine === 'EXTENSION' ? 'extension' : 'SQL engine'}
              </td>
              <td>{postgresVersion}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <Movers />
    </>
  )
}

const makers = {
  THIS_SERVER: ['good', 'by this gateway'],
  ANOTHER_SERVER: ['good', 'by another gateway'],
  ANOTHER_PROGRAM: ['good', 'by another program'],
  NOBODY: ['bad', 'by nobody'],
} as const satisfies Record<string, readonly [Tone, string]>

function Ticker({ madeBy, lastError }: FleetQuery['databases'][number]['ticker']) {
  const [tone, words] = madeBy === null ? (['warn', 'unknown'] as const) : makers[madeBy]
  return (
    <>
      <Badge tone={tone}>{words}</Badge>
      {lastError !== null && <small>{lastError}</small>}
    </>
  )
}

function Movers() {
  const { data } = useAnswer(MoversDocument, {})
  if (!data || data.movers.length === 0) return null
  return <LiveMovers />
}

function LiveMovers() {
  const answer = useLive(MoversLiveDocument, {})
  return (
    <Loaded answer={answer}>
      {({ moverStats }) => moverStats.map((mover) => <Mover key={mover.name} {...mover} />)}
    </Loaded>
  )
}

const states = { MOVING: 'good', WAITING: 'calm', PAUSED: 'warn', RETRYING: 'warn', STOPPED: 'bad' } as const

function Mover({ name, database, queue, queueBy, subject, sources, reason }: MoverFiguresFragment) {
  const target =
    subject === null ? `${database}, ${queue ?? `the queue of ${queueBy}`}` : `JetStream, ${subject}`
  return (
    <Section title={`Mover ${name} into ${target}`}>
      {reason !== null && <p>{reason}</p>}
      <table className={classes.table}>
        <thead>
          <tr>
            <th scope="col">Source</th>
            <th scope="col">State</th>
            <th scope="col">Behind</th>
            <th scope="col">Pending</th>
            <th scope="col">Moved</th>
          </tr>
        </thead>
        <tbody>
          {sources.map((source) => (
            <tr key={`${source.database}/${source.queue}`}>
              <th scope="row">
                {source.database} / {source.queue}
              </th>
              <td>
                <Badge tone={states[source.state]}>{source.state.toLowerCase()}</Badge> {source.reason}
              </td>
              <td>
                <Duration seconds={source.lagSeconds} />
              </td>
              <td>
                <Count value={source.pendingEvents} />
              </td>
              <td>
                <Count value={source.eventsMoved} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </Section>
  )
}
