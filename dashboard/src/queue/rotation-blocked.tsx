import { Link } from '@tanstack/react-router'
import { useMayAsk } from '../doctor/use-may-ask.ts'
import type { QueueLiveSubscription } from '../generated/operations.ts'
import { blockerOf } from '../queues/figures.ts'
import { bytes, exact } from '../ui/format.ts'
import { classes, Duration, Time } from '../ui/ui.tsx'
import styles from './rotation-blocked.module.css'

export type QueueNow = QueueLiveSubscription['queueStats'][number]
type Blocker = NonNullable<QueueNow['rotationBlocker']>

const since = {
  OPEN_BATCH: 'Its batch has been open since',
  CONSUMER_BEHIND: 'It was last seen',
  LONG_TRANSACTION: 'The transaction began',
  PREPARED_TRANSACTION: 'It was prepared',
  NO_TICK: 'The newest tick was made',
} satisfies Record<Blocker['kind'], string>

/** Answers what PgQ's users fear most: who keeps event tables from rotating, how much that holds, and what helps. */
export function RotationBlocked({ database, now }: { database: string; now: QueueNow }) {
  const blocker = now.rotationBlocker
  const mayAsk = useMayAsk(database)
  if (!blocker || !blockerOf(now)) return null
  const { consumer, kind, heldTables, heldBytes, session } = blocker
  return (
    <section aria-label="Rotation blocked" className={styles.blocked}>
      <p>
        <strong>Rotation blocked.</strong> {blocker.message}
      </p>
      <dl className={classes.pairs}>
        {consumer && (
          <>
            <dt>By</dt>
            <dd>
              <Link
                to="/db/$database/queues/$queue/consumers/$consumer"
                params={{ database, queue: now.name, consumer: consumer.name }}
              >
                {consumer.name}
              </Link>
              , to move or unregister it
            </dd>
          </>
        )}
        {session !== null && (
          <>
            <dt>By</dt>
            <dd>{session}</dd>
          </>
        )}
        <dt>Holds</dt>
        <dd>
          {heldTables === 1 ? 'an event table' : `${heldTables} event tables`} of {bytes(heldBytes)}
          {consumer?.pendingEvents && <>, with about {exact(consumer.pendingEvents)} events to go</>}
        </dd>
        {blocker.since !== null && (
          <>
            <dt>Since</dt>
            <dd>
              {since[kind]} <Time at={blocker.since} />
              {kind === 'CONSUMER_BEHIND' && consumer && (
                <>
                  , <Duration seconds={consumer.lastSeenSeconds} /> ago
                </>
              )}
            </dd>
          </>
        )}
      </dl>
      {mayAsk && (
        <Link to="/db/$database/doctor" params={{ database }}>
          What mends it
        </Link>
      )}
    </section>
  )
}
