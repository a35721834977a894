import { Link, useNavigate } from '@tanstack/react-router'
import type { FormEvent } from 'react'
import { Button, classes, Field } from '../ui/ui.tsx'
import { type Conditions, conditionNames } from './conditions.ts'
import styles from './search.module.css'

const extras = [1, 2, 3, 4] as const

interface Place {
  database: string
  queue: string
}

/** The conditions of a search, which it puts into the address. */
export function SearchForm(
  props: Place & { conditions: Conditions; onSearch: (wanted: Conditions) => void },
) {
  const { database, queue, conditions, onSearch } = props
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    const data = new FormData(event.currentTarget)
    onSearch(Object.fromEntries(conditionNames.map((name) => [name, textOf(data.get(name))])))
  }
  const hasExtra = extras.some((number) => conditions[`extra${number}`] !== undefined)
  const input = (name: keyof Conditions) => ({
    name,
    className: classes.input,
    defaultValue: conditions[name],
  })
  return (
    <form className={styles.form} onSubmit={submit}>
      <div className={styles.fields}>
        <Field label="Types" note="apart by commas">
          <input {...input('types')} />
        </Field>
        <Field label="Text in data" note="in the same case">
          <input {...input('text')} />
        </Field>
        <Field label="Written from" note="UTC">
          <input {...input('from')} type="datetime-local" step="1" defaultValue={localOf(conditions.from)} />
        </Field>
        <Field label="JSON path" note="customer.id, items.-1 for the last">
          <input {...input('path')} />
        </Field>
        <Field label="JSON value there" note={'42, true, paid; "42" is a text'}>
          <input {...input('equals')} />
        </Field>
        <Field label="Written until" note="UTC">
          <input {...input('to')} type="datetime-local" step="1" defaultValue={localOf(conditions.to)} />
        </Field>
      </div>
      <details open={hasExtra}>
        <summary>Extra columns</summary>
        <div className={styles.fields}>
          {extras.map((number) => (
            <Field key={number} label={`Extra ${number}`}>
              <input {...input(`extra${number}`)} />
            </Field>
          ))}
        </div>
      </details>
      <div className={classes.actions}>
        <Button type="submit" tone="primary">
          Search
        </Button>
        <Link to="/db/$database/queues/$queue/events" params={{ database, queue }}>
          Clear
        </Link>
      </div>
    </form>
  )
}

/** Opens the event of an id. */
export function EventById({ database, queue }: Place) {
  const navigate = useNavigate()
  const submit = (submitted: FormEvent<HTMLFormElement>) => {
    submitted.preventDefault()
    const event = String(new FormData(submitted.currentTarget).get('event')).trim()
    void navigate({ to: '/db/$database/queues/$queue/events/$event', params: { database, queue, event } })
  }
  return (
    <form className={classes.actions} onSubmit={submit}>
      <input
        className={`${classes.input} ${styles.id}`}
        name="event"
        aria-label="Event id"
        placeholder="Event id"
        inputMode="numeric"
        pattern="\s*\d+\s*"
        required
      />
      <Button type="submit">Open event</Button>
    </form>
  )
}

function textOf(value: FormDataEntryValue | null): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined
}

/** Returns a time as its input takes it. */
function localOf(time: string | undefined): string | undefined {
  return time?.replace(/Z$/, '')
}
