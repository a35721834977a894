import { Link } from '@tanstack/react-router'
import { useMayAsk } from '../doctor/use-may-ask.ts'
import { Count, Duration } from '../ui/ui.tsx'
import { type Concern, standing } from './figures.ts'
import styles from './queues.module.css'

const SHOWN = 5

/** Answers first what people ask first: who blocks rotation, how much that holds, who is behind. */
export function Concerns({ concerns, database }: { concerns: readonly Concern[]; database: string }) {
  const mayAsk = useMayAsk(database)
  if (concerns.length === 0)
    return (
      <p className={styles.calm}>
        Nothing blocks rotation, no consumer is a minute behind, and there are no dead letters.
      </p>
    )
  return (
    <section aria-label="Needs attention">
      <ul className={styles.concerns}>
        {concerns.slice(0, SHOWN).map((concern) => (
          <li key={keyOf(concern)} data-kind={concern.kind}>
            <Sentence concern={concern} database={database} />{' '}
            {mayAsk && concern.kind !== 'dead' && (
              <Link to="/db/$database/doctor" params={{ database }}>
                What mends it
              </Link>
            )}
          </li>
        ))}
      </ul>
      {concerns.length > SHOWN && <p className={styles.more}>and {concerns.length - SHOWN} more below</p>}
    </section>
  )
}

function keyOf(concern: Concern): string {
  const consumer = concern.kind === 'behind' ? concern.consumer.name : ''
  return JSON.stringify([concern.kind, concern.queue, consumer])
}

function Sentence({ concern, database }: { concern: Concern; database: string }) {
  const { queue } = concern
  const queueLink = (
    <Link to="/db/$database/queues/$queue" params={{ database, queue }}>
      {queue}
    </Link>
  )
  switch (concern.kind) {
    case 'rotation': {
      const { consumer, message, session } = concern.blocker
      return consumer ? (
        <>
          <strong>Rotation blocked.</strong>{' '}
          <ConsumerLink database={database} queue={queue} name={consumer.name} /> keeps {queueLink} from
          rotating, and holds about <Count value={consumer.pendingEvents} /> events;{' '}
          <Standing {...consumer} />.
        </>
      ) : (
        <>
          <strong>Rotation blocked.</strong> {queueLink} does not rotate. {message}
          {session !== null && ` It is ${session}.`}
        </>
      )
    }
    case 'behind':
      return (
        <>
          <strong>
            <Duration seconds={concern.consumer.oldestPendingSeconds} /> behind.
          </strong>{' '}
          <ConsumerLink database={database} queue={queue} name={concern.consumer.name} /> on {queueLink}, with
          about <Count value={concern.consumer.pendingEvents} /> events to go;{' '}
          <Standing {...concern.consumer} />.
        </>
      )
    case 'overdue':
      return (
        <>
          <strong>No ticks.</strong> {queueLink} has been waiting for one for{' '}
          <Duration seconds={concern.seconds} />: no ticker is at work.
        </>
      )
    case 'dead':
      return (
        <>
          <strong>Dead letters.</strong> Consumers of {queueLink} have given up on{' '}
          <Count value={concern.count} /> {concern.count === '1' ? 'event' : 'events'}.{' '}
          <Link to="/db/$database/dead-letters" params={{ database }} search={{ queue }}>
            Read why
          </Link>
        </>
      )
    case 'paused':
      return (
        <>
          <strong>Paused.</strong> Nobody gets events of {queueLink} until its ticker is resumed.
        </>
      )
  }
}

function Standing(consumer: Parameters<typeof standing>[0]) {
  const { words, seconds, after } = standing(consumer)
  return (
    <>
      it {words} <Duration seconds={seconds} />
      {after}
    </>
  )
}

function ConsumerLink(props: { database: string; queue: string; name: string }) {
  const { database, queue, name } = props
  return (
    <Link to="/db/$database/queues/$queue/consumers/$consumer" params={{ database, queue, consumer: name }}>
      {name}
    </Link>
  )
}
