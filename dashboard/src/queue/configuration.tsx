import type { FormEvent } from 'react'
import { useAction, useProgress } from '../api/hooks.ts'
import { SetQueueConfigDocument } from '../generated/operations.ts'
import { duration, exact } from '../ui/format.ts'
import { Button, classes, Field, Problem, Section, Time } from '../ui/ui.tsx'
import type { QueueDetails } from './queue-page.tsx'

const settings = [
  {
    key: 'tickerMaxLagSeconds',
    label: 'Tick after, seconds',
    note: 'An event waits no longer than this for its batch.',
    step: 'any',
    min: 0,
  },
  {
    key: 'tickerMaxCount',
    label: 'Tick after, events',
    note: 'So many events make a batch, even before that time.',
    step: '1',
    min: 1,
  },
  {
    key: 'tickerIdlePeriodSeconds',
    label: 'Idle tick after, seconds',
    note: 'A queue without events is ticked no later than this.',
    step: 'any',
    min: 0,
  },
  {
    key: 'rotationPeriodSeconds',
    label: 'Rotate after, seconds',
    note: 'Events are kept for at least this, and until all consumers have seen them.',
    step: 'any',
    min: 0,
  },
] as const

/** How a queue is configured: to read, or as a form for who may change it. */
export function Configuration(props: {
  database: string
  details: QueueDetails
  mayManage: boolean
  onSaved: () => void
}) {
  const { details } = props
  return (
    <Section title="Configuration">
      {props.mayManage ? <ConfigurationForm {...props} /> : <Shown details={details} />}
      <p className={classes.remark}>
        {details.tableCount} event tables take turns; {details.currentEventTable} has been the current one
        since <Time at={details.switchTime} />.
      </p>
    </Section>
  )
}

function Shown({ details }: { details: QueueDetails }) {
  return (
    <dl className={classes.pairs}>
      {settings.map(({ key, label, note }) => (
        <div key={key} className={classes.contents}>
          <dt title={note}>{label.replace(', seconds', '')}</dt>
          <dd>{key === 'tickerMaxCount' ? exact(details[key]) : duration(details[key])}</dd>
        </div>
      ))}
    </dl>
  )
}

function ConfigurationForm(props: { database: string; details: QueueDetails; onSaved: () => void }) {
  const { database, details, onSaved } = props
  const save = useAction(SetQueueConfigDocument)
  const { problem, done, isBusy, run } = useProgress()
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    const form = new FormData(event.currentTarget)
    const changed = settings.filter(({ key }) => Number(form.get(key)) !== details[key])
    const values = Object.fromEntries(changed.map(({ key }) => [key, Number(form.get(key))]))
    void run(async () => {
      await save({ input: { database, name: details.name, ...values } })
      onSaved()
      return 'Saved'
    })
  }
  return (
    <form className={classes.form} onSubmit={submit}>
      {settings.map(({ key, label, note, step, min }) => (
        <Field key={key} label={label} note={note}>
          <input
            className={classes.input}
            type="number"
            name={key}
            min={min}
            step={step}
            required
            defaultValue={details[key]}
          />
        </Field>
      ))}
      <div className={`${classes.actions} ${classes.wide}`}>
        <Button type="submit" disabled={isBusy}>
          Save configuration
        </Button>
        {done !== null && (
          <span role="status" className={classes.done}>
            {done}
          </span>
        )}
        {problem !== null && <Problem>{problem}</Problem>}
      </div>
    </form>
  )
}
