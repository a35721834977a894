import { getRouteApi, Link } from '@tanstack/react-router'
import { useMemo } from 'react'
import { useAction, useAnswer, useLive } from '../api/hooks.ts'
import {
  ConsumerHistoryDocument,
  ConsumersLiveDocument,
  type ConsumersLiveSubscription,
  MayWithConsumerDocument,
  OpenBatchEventsDocument,
  UnregisterConsumerDocument,
} from '../generated/operations.ts'
import { Chart } from '../ui/chart.tsx'
import { EventDetails } from '../ui/event.tsx'
import { count, duration, exact } from '../ui/format.ts'
import { QueueCrumbs } from '../ui/queue-crumbs.tsx'
import {
  Badge,
  ConfirmButton,
  Count,
  classes,
  Duration,
  Empty,
  Figure,
  Figures,
  Loaded,
  Note,
  Section,
  Time,
} from '../ui/ui.tsx'
import { seriesOf, useTimeline } from '../ui/use-timeline.ts'
import { Members } from './members.tsx'
import { MoveConsumer } from './move-consumer.tsx'

const route = getRouteApi('/shell/db/$database/queues/$queue/consumers/$consumer')

export type ConsumerNow = ConsumersLiveSubscription['consumerStats'][number]

export function ConsumerPage() {
  const params = route.useParams()
  return <ConsumerOf key={JSON.stringify(params)} {...params} />
}

interface Place {
  database: string
  queue: string
  consumer: string
}

function ConsumerOf(place: Place) {
  const { database, queue, consumer: name } = place
  const live = useLive(ConsumersLiveDocument, { database, queue })
  const { data: caller } = useAnswer(MayWithConsumerDocument, { database, queue, consumer: name })
  const consumer = live.isMissing ? undefined : live.data?.consumerStats.find((each) => each.name === name)
  return (
    <>
      <QueueCrumbs
        title={name}
        part="consumer of"
        {...{ database, queue }}
        beside={
          <>
            {consumer?.connected && <Badge tone="good">connected</Badge>}
            {consumer?.cooperative && <Badge tone="calm">cooperative</Badge>}
          </>
        }
      >
        <Link to="/db/$database/dead-letters" params={{ database }} search={{ queue, consumer: name }}>
          Dead letters
        </Link>
        {caller?.me.manage && consumer && (
          <>
            <MoveConsumer {...place} now={consumer} />
            <Unregister {...place} now={consumer} />
          </>
        )}
      </QueueCrumbs>
      <Loaded answer={live}>
        {() =>
          consumer ? (
            <>
              <Overview now={consumer} />
              <Charts {...place} now={consumer} />
              {consumer.cooperative && (
                <Members {...place} members={consumer.subconsumers} mayManage={caller?.me.manage ?? false} />
              )}
              {!consumer.cooperative && (
                <OpenBatch database={database} now={consumer} mayRead={caller?.me.read ?? false} />
              )}
            </>
          ) : (
            <Empty title="This consumer is gone">
              Somebody has unregistered it, dropped its queue, or you may not see it any more.
            </Empty>
          )
        }
      </Loaded>
    </>
  )
}

/** The last hour of a consumer, which goes on as figures are pushed. */
function Charts({ now, ...place }: Place & { now: ConsumerNow }) {
  const { data } = useAnswer(ConsumerHistoryDocument, place)
  const past = useMemo(() => {
    const history = data?.consumer?.history
    return history && { behind: seriesOf(history, behindOf), pending: seriesOf(history, pendingOf) }
  }, [data])
  const behind = useTimeline(past?.behind, now, behindOf)
  const pending = useTimeline(past?.pending, now, pendingOf)
  return (
    <div className={classes.charts}>
      <Chart label="Behind" series={behind} format={duration} />
      <Chart label="Pending events" series={pending} format={count} />
    </div>
  )
}

function behindOf({ oldestPendingSeconds }: Pick<ConsumerNow, 'oldestPendingSeconds'>): number {
  return oldestPendingSeconds ?? 0
}

function pendingOf({ pendingEvents }: Pick<ConsumerNow, 'pendingEvents'>): number {
  return Number(pendingEvents ?? 0)
}

function Overview({ now }: { now: ConsumerNow }) {
  const { oldestPendingSeconds, catchUpSeconds } = now
  const isBehind = (oldestPendingSeconds ?? 0) >= 60
  const forecast = catchUpSeconds === null ? undefined : `caught up in about ${duration(catchUpSeconds)}`
  return (
    <Figures>
      <Figure name="Behind" tone={isBehind ? 'bad' : undefined} note={forecast}>
        {oldestPendingSeconds === null ? 'Nothing waits' : <Duration seconds={oldestPendingSeconds} />}
      </Figure>
      <Figure name="Pending, about">
        <Count value={now.pendingEvents} />
      </Figure>
      <Figure name="Batch open for">
        <Duration seconds={now.openBatchSeconds} />
      </Figure>
      <Figure name="Last seen, ago">
        <Duration seconds={now.lastSeenSeconds} />
      </Figure>
      <Figure name="Position, tick">{now.lastTick === null ? '–' : exact(now.lastTick)}</Figure>
    </Figures>
  )
}

function OpenBatch({ database, now, mayRead }: { database: string; now: ConsumerNow; mayRead: boolean }) {
  const batch = now.currentBatch
  return (
    <Section title="Open batch">
      {batch ? (
        <>
          <Note>
            Batch {batch.batchId}, ticks {exact(batch.prevTickId)} to {exact(batch.tickId)}, from{' '}
            <Time at={batch.startTime} /> to <Time at={batch.endTime} />
          </Note>
          {mayRead && <BatchEvents key={batch.batchId} database={database} batch={batch.batchId} />}
        </>
      ) : (
        <Note>It has no batch open.</Note>
      )}
    </Section>
  )
}

function BatchEvents({ database, batch }: { database: string; batch: string }) {
  const answer = useAnswer(OpenBatchEventsDocument, { database, batch })
  return (
    <Loaded answer={answer}>
      {({ batch: found }) =>
        found && (
          <>
            {found.eventPage.events.map((event) => (
              <details key={event.eventId}>
                <summary>
                  {event.type ?? '–'} <span className={classes.note}>{event.eventId}</span>
                </summary>
                <EventDetails event={event} />
              </details>
            ))}
            {found.eventPage.hasNextPage && <Note>These are the first 50 of them.</Note>}
          </>
        )
      }
    </Loaded>
  )
}

function Unregister({ database, queue, consumer, now }: Place & { now: ConsumerNow }) {
  const unregister = useAction(UnregisterConsumerDocument)
  const navigate = route.useNavigate()
  const action = async () => {
    await unregister({ input: { database, queue, consumer } })
    await navigate({ to: '/db/$database/queues/$queue', params: { database, queue } })
    return 'Unregistered'
  }
  return (
    <ConfirmButton
      label="Unregister"
      tone="danger"
      question={`Unregister ${consumer} from ${queue}?`}
      action={action}
    >
      It loses its position, about <Count value={now.pendingEvents} /> events that it has not seen, and its
      retries. Its dead letters stay. What it kept from rotating may rotate then.
    </ConfirmButton>
  )
}
