import { getRouteApi, Link } from '@tanstack/react-router'
import { useAction, useAnswer, useLive } from '../api/hooks.ts'
import {
  DropQueueDocument,
  PauseTickerDocument,
  QueueDetailsDocument,
  type QueueDetailsQuery,
  QueueLiveDocument,
  ResumeTickerDocument,
} from '../generated/operations.ts'
import { Concerns } from '../queues/concerns.tsx'
import { findConcerns, type QueueFigures } from '../queues/figures.ts'
import { bytes, exact, rate } from '../ui/format.ts'
import { indent } from '../ui/json.ts'
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
import { QueueCharts } from './charts.tsx'
import { Configuration } from './configuration.tsx'
import { QueueConsumers } from './consumers.tsx'
import { Publish } from './publish.tsx'
import { type QueueNow, RotationBlocked } from './rotation-blocked.tsx'
import { RecentTicks } from './ticks.tsx'

const route = getRouteApi('/shell/db/$database/queues/$queue')

export type QueueDetails = NonNullable<QueueDetailsQuery['queue']>

export function QueuePage() {
  const { database, queue } = route.useParams()
  return <QueueOf key={JSON.stringify([database, queue])} database={database} queue={queue} />
}

function QueueOf({ database, queue }: { database: string; queue: string }) {
  const live = useLive(QueueLiveDocument, { database, queue })
  const details = useAnswer(QueueDetailsDocument, { database, queue })
  const figures = live.data?.queueStats[0]
  const isGone = live.isMissing || (live.data !== undefined && figures === undefined)
  const may = details.data?.me
  return (
    <>
      <div className={classes.crumbs}>
        <h1>{queue}</h1>
        <span className={classes.where}>queue in {database}</span>
        {figures?.tickerPaused && <Badge tone="warn">paused</Badge>}
        <span className={classes.actions}>
          {may?.read && (
            <>
              <Link to="/db/$database/queues/$queue/tail" params={{ database, queue }}>
                Live tail
              </Link>
              <Link to="/db/$database/queues/$queue/events" params={{ database, queue }}>
                Search
              </Link>
            </>
          )}
          {may?.manage && figures && <Actions database={database} figures={figures} />}
        </span>
      </div>
      {isGone ? (
        <Empty title="This queue is gone">
          Somebody has dropped it, or you may not see it any more.{' '}
          <Link to="/db/$database" params={{ database }}>
            All queues
          </Link>
        </Empty>
      ) : (
        <>
          <Loaded answer={live}>{() => figures && <Overview database={database} figures={figures} />}</Loaded>
          <QueueCharts database={database} queue={queue} figures={figures} />
          {figures && (
            <QueueConsumers database={database} figures={figures} mayManage={may?.manage ?? false} />
          )}
          <Loaded answer={details}>
            {({ queue: found }) =>
              found && (
                <>
                  {may?.publish && (
                    <Publish database={database} queue={queue} eventTypes={found.eventTypes} />
                  )}
                  <EventTypes eventTypes={found.eventTypes} />
                  <Configuration
                    database={database}
                    details={found}
                    mayManage={may?.manage ?? false}
                    onSaved={details.refresh}
                  />
                </>
              )
            }
          </Loaded>
          {may?.read && <RecentTicks database={database} queue={queue} />}
        </>
      )}
    </>
  )
}

function Overview({ database, figures }: { database: string; figures: QueueNow }) {
  const concerns = findConcerns([figures]).filter(({ kind }) => kind !== 'rotation')
  return (
    <>
      <RotationBlocked database={database} now={figures} />
      {concerns.length > 0 && <Concerns concerns={concerns} database={database} />}
      <Figures>
        <Figure name="Events per second">
          <span title={`${figures.currentEventsPerSecond}`}>{rate(figures.currentEventsPerSecond)}</span>
        </Figure>
        <Figure name="Not ticked yet">
          <Count value={figures.newEvents} />
        </Figure>
        <Figure name="Newest tick, ago">
          <Duration seconds={figures.tickerLagSeconds} />
        </Figure>
        <Figure name="Waiting for a retry">
          <Count value={figures.retryCount} />
        </Figure>
        <Figure name="Event tables">
          <span title={`${exact(figures.eventTableBytes)} bytes`}>{bytes(figures.eventTableBytes)}</span>
        </Figure>
        <Figure name="Dead letters">
          <Link to="/db/$database/dead-letters" params={{ database }} search={{ queue: figures.name }}>
            <Count value={figures.deadLetterCount} />
          </Link>
        </Figure>
      </Figures>
    </>
  )
}

function Actions({ database, figures }: { database: string; figures: QueueFigures }) {
  const queue = figures.name
  const pause = useAction(PauseTickerDocument)
  const resume = useAction(ResumeTickerDocument)
  const drop = useAction(DropQueueDocument)
  const navigate = route.useNavigate()
  const consumers = figures.consumers.nodes.map(({ name }) => name)
  const dropIt = async () => {
    await drop({ input: { database, name: queue, force: consumers.length > 0 } })
    await navigate({ to: '/db/$database', params: { database } })
    return 'Dropped'
  }
  return (
    <>
      {figures.tickerPaused ? (
        <ConfirmButton
          label="Resume ticker"
          question={`Resume the ticker of ${queue}?`}
          action={() => resume({ database, queue }).then(() => 'Resumed')}
        >
          Its consumers get the events that were kept meanwhile.
        </ConfirmButton>
      ) : (
        <ConfirmButton
          label="Pause ticker"
          question={`Pause the ticker of ${queue}?`}
          action={() => pause({ database, queue }).then(() => 'Paused')}
        >
          Events are kept, and no consumer gets any until you resume it.
        </ConfirmButton>
      )}
      <ConfirmButton label="Drop queue" tone="danger" question={`Drop ${queue} for good?`} action={dropIt}>
        <p>
          All its events go, with <Count value={figures.retryCount} /> that wait for a retry and{' '}
          <Count value={figures.deadLetterCount} /> dead letters.
        </p>
        {consumers.length > 0 && <p>It unregisters {consumers.join(', ')}.</p>}
      </ConfirmButton>
    </>
  )
}

function EventTypes({ eventTypes }: Pick<QueueDetails, 'eventTypes'>) {
  if (eventTypes.length === 0) return null
  return (
    <Section title="Event types">
      {eventTypes.map(({ type, version, enforced, registeredAt, schema }) => (
        <details key={type}>
          <summary>
            <strong>{type}</strong> version {version}{' '}
            <Badge tone={enforced ? 'good' : 'calm'}>{enforced ? 'enforced' : 'not enforced'}</Badge>
          </summary>
          <Note>
            Registered <Time at={registeredAt} />
          </Note>
          {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must take the keyboard */}
          <pre className={classes.data} tabIndex={0}>
            {indent(JSON.stringify(schema))}
          </pre>
        </details>
      ))}
    </Section>
  )
}
