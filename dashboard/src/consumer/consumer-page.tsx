import { getRouteApi, Link } from '@tanstack/react-router'
import { useAction, useAnswer, useLive } from '../api/hooks.ts'
import {
  ConsumersLiveDocument,
  type ConsumersLiveSubscription,
  MayWithConsumerDocument,
  OpenBatchEventsDocument,
  UnregisterConsumerDocument,
} from '../generated/operations.ts'
import { useSamples } from '../queue/use-samples.ts'
import { Chart, type Series } from '../ui/chart.tsx'
import { EventDetails } from '../ui/event.tsx'
import { count, duration, exact } from '../ui/format.ts'
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
import { Members } from './members.tsx'

const route = getRouteApi('/shell/db/$database/queues/$queue/consumers/$consumer')

export type ConsumerNow = ConsumersLiveSubscription['consumerStats'][number]

export function ConsumerPage() {
  const params = route.useParams()
  return <ConsumerOf key={JSON.stringify(params)} {...params} />
}

function ConsumerOf(place: { database: string; queue: string; consumer: string }) {
  const { database, queue, consumer: name } = place
  const live = useLive(ConsumersLiveDocument, { database, queue })
  const { data: caller } = useAnswer(MayWithConsumerDocument, { database, queue, consumer: name })
  const consumer = live.isMissing ? undefined : live.data?.consumerStats.find((each) => each.name === name)
  const pending = useSamples(consumer, ({ pendingEvents }) => Number(pendingEvents ?? 0))
  const behind = useSamples(consumer, ({ oldestPendingSeconds }) => oldestPendingSeconds ?? 0)
  return (
    <>
      <div className={classes.crumbs}>
        <h1>{name}</h1>
        <span className={classes.where}>
          consumer of{' '}
          <Link to="/db/$database/queues/$queue" params={{ database, queue }}>
            {queue}
          </Link>{' '}
          in {database}
        </span>
        {consumer?.connected && <Badge tone="good">connected</Badge>}
        {consumer?.cooperative && <Badge tone="calm">cooperative</Badge>}
        <span className={classes.actions}>
          <Link to="/db/$database/dead-letters" params={{ database }} search={{ queue, consumer: name }}>
            Dead letters
          </Link>
          {caller?.me.manage && consumer && <Unregister {...place} now={consumer} />}
        </span>
      </div>
      <Loaded answer={live}>
        {() =>
          consumer ? (
            <>
              <Overview now={consumer} pending={pending} />
              <div className={classes.charts}>
                <Chart label="Behind" series={behind} format={duration} />
                <Chart label="Pending events" series={pending} format={count} />
              </div>
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

function Overview({ now, pending }: { now: ConsumerNow; pending: Series }) {
  const isBehind = (now.oldestPendingSeconds ?? 0) >= 60
  return (
    <Figures>
      <Figure name="Behind" tone={isBehind ? 'bad' : undefined} note={forecast(pending)}>
        {now.oldestPendingSeconds === null ? (
          'Nothing waits'
        ) : (
          <Duration seconds={now.oldestPendingSeconds} />
        )}
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

/** Says when all is done at the rate of the last minute. */
function forecast({ times, values }: Series): string | undefined {
  const end = times.length - 1
  const from = Math.max(0, end - 60)
  const [now, then] = [values[end] ?? 0, values[from] ?? 0]
  const seconds = (times[end] ?? 0) - (times[from] ?? 0)
  if (now === 0 || seconds < 5) return undefined
  if (now >= then) return 'not catching up'
  return `caught up in about ${duration(now / ((then - now) / seconds))}`
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

function Unregister(props: { database: string; queue: string; consumer: string; now: ConsumerNow }) {
  const { database, queue, consumer, now } = props
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
