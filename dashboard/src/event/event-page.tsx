import { getRouteApi, Link } from '@tanstack/react-router'
import { useAnswer } from '../api/hooks.ts'
import { TraceEventDocument, type TraceEventQuery } from '../generated/operations.ts'
import { EventDetails } from '../ui/event.tsx'
import { Copies } from '../ui/event-list.tsx'
import { QueueCrumbs } from '../ui/queue-crumbs.tsx'
import { Badge, Button, classes, Empty, Loaded, Note, Section, Time, type Tone } from '../ui/ui.tsx'
import styles from './event.module.css'

const route = getRouteApi('/shell/db/$database/queues/$queue/events/$event')

type Trace = TraceEventQuery['event']
type ConsumerOfEvent = Trace['consumers'][number]

interface Place {
  database: string
  queue: string
}

export function EventPage() {
  const { database, queue, event } = route.useParams()
  const answer = useAnswer(TraceEventDocument, { database, queue, event })
  return (
    <>
      <QueueCrumbs title={`Event ${event}`} part="of" {...{ database, queue }}>
        <Link to="/db/$database/queues/$queue/events" params={{ database, queue }}>
          Search
        </Link>
        <Button disabled={answer.isAsking} onClick={answer.refresh}>
          Look again
        </Button>
      </QueueCrumbs>
      <Loaded answer={answer}>{({ event: trace }) => <Whole {...{ database, queue, trace }} />}</Loaded>
    </>
  )
}

function Whole({ trace, ...place }: Place & { trace: Trace }) {
  const { event, tick, consumers } = trace
  return (
    <>
      {event ? (
        <div className={styles.event}>
          <h2>{event.type ?? 'no type'}</h2>
          <EventDetails event={event} />
          <Copies {...place} event={event} />
          <p className={classes.remark}>
            {tick ? (
              <>
                Its batch ends with tick {tick.tickId}, made <Time at={tick.time} />.
              </>
            ) : (
              'No tick has come since; consumers get it with the next one.'
            )}
          </p>
        </div>
      ) : (
        <Empty title="The log does not hold this event">
          Rotation has removed it, or it never was. Consumers that put it off or gave up on it keep a copy.
        </Empty>
      )}
      <Section title="What became of it">
        {consumers.length === 0 ? (
          <Note>{event ? 'Nobody consumes this queue.' : 'No consumer keeps a copy.'}</Note>
        ) : (
          <Consumers {...place} consumers={consumers} />
        )}
      </Section>
    </>
  )
}

const states: Record<ConsumerOfEvent['state'], { tone: Tone; words: string }> = {
  PASSED: { tone: 'good', words: 'passed' },
  PENDING: { tone: 'calm', words: 'pending' },
  IN_OPEN_BATCH: { tone: 'warn', words: 'in the open batch' },
  WAITING_RETRY: { tone: 'warn', words: 'waits for a retry' },
  DEAD_LETTER: { tone: 'bad', words: 'dead letter' },
}

function Consumers({ consumers, ...place }: Place & { consumers: readonly ConsumerOfEvent[] }) {
  return (
    <table className={`${classes.table} ${styles.consumers}`}>
      <thead>
        <tr>
          <th scope="col">Consumer</th>
          <th scope="col">The event</th>
          <th scope="col">More</th>
        </tr>
      </thead>
      <tbody>
        {consumers.map((consumer) => (
          <tr key={consumer.consumerName}>
            <th scope="row">
              <Link
                to="/db/$database/queues/$queue/consumers/$consumer"
                params={{ ...place, consumer: consumer.consumerName }}
              >
                {consumer.consumerName}
              </Link>
            </th>
            <td>
              <Badge tone={states[consumer.state].tone}>{states[consumer.state].words}</Badge>
            </td>
            <td>
              <More {...place} consumer={consumer} />
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  )
}

function More({ database, queue, consumer }: Place & { consumer: ConsumerOfEvent }) {
  const { consumerName, state, batchId, retryAt, retryCount, reason, failedAt } = consumer
  switch (state) {
    case 'PASSED':
      return 'It was finished, or the consumer began or was moved beyond it.'
    case 'PENDING':
      return retryCount
        ? `It came back ${times(retryCount)}, and is yet to be opened.`
        : 'It is yet to be opened.'
    case 'IN_OPEN_BATCH':
      return `The consumer works on batch ${batchId}.`
    case 'WAITING_RETRY':
      return (
        <>
          Retry {retryCount} brings it back {retryAt !== null && <Time at={retryAt} />}.
        </>
      )
    case 'DEAD_LETTER':
      return (
        <>
          {reason ?? 'Nobody said why.'}{' '}
          <span className={classes.note}>{failedAt !== null && <Time at={failedAt} />}</span>{' '}
          <Link
            to="/db/$database/dead-letters"
            params={{ database }}
            search={{ queue, consumer: consumerName }}
          >
            Its dead letters
          </Link>
        </>
      )
  }
}

function times(count: number): string {
  return count === 1 ? 'once' : `${count} times`
}
