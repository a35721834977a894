import { type FormEvent, useState } from 'react'
import { useAction, useProgress } from '../api/hooks.ts'
import { PublishEventDocument } from '../generated/operations.ts'
import { Button, classes, Field, Problem, Section } from '../ui/ui.tsx'
import { fieldsOf, type PayloadField, payloadOf } from './payload.ts'
import type { QueueDetails } from './queue-page.tsx'

/** A form for one event, made from the schema of its type where that has one. */
export function Publish(props: { database: string; queue: string; eventTypes: QueueDetails['eventTypes'] }) {
  const { database, queue, eventTypes } = props
  const [type, setType] = useState(eventTypes[0]?.type ?? '')
  const publish = useAction(PublishEventDocument)
  const { problem, done, isBusy, run } = useProgress()
  const fields = fieldsOf(eventTypes.find((known) => known.type === type)?.schema)
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    const form = new FormData(event.currentTarget)
    const textOf = (name: string) => String(form.get(`payload.${name}`) ?? '')
    const data = fields ? payloadOf(fields, textOf) : String(form.get('data'))
    void run(async () => {
      const { insertEvent } = await publish({ input: { database, queue, type, data } })
      return `Published as event ${insertEvent.eventId}`
    })
  }
  return (
    <Section title="Publish">
      <form className={classes.form} onSubmit={submit}>
        <Field label="Type">
          <input
            className={classes.input}
            list="event-types"
            value={type}
            autoComplete="off"
            onChange={(event) => setType(event.target.value)}
          />
        </Field>
        <datalist id="event-types">
          {eventTypes.map((known) => (
            <option key={known.type} value={known.type} />
          ))}
        </datalist>
        {fields?.map((field) => (
          <Field key={field.name} label={field.isRequired ? `${field.name} *` : field.name} note={field.note}>
            <Control field={field} />
          </Field>
        ))}
        {!fields && (
          <div className={classes.wide}>
            <Field label="Data" note="Any text, such as JSON. It is stored as you write it.">
              <textarea className={classes.input} name="data" spellCheck={false} />
            </Field>
          </div>
        )}
        <div className={`${classes.actions} ${classes.wide}`}>
          <Button type="submit" tone="primary" disabled={isBusy}>
            Publish event
          </Button>
          {done !== null && (
            <span role="status" className={classes.done}>
              {done}
            </span>
          )}
          {problem !== null && <Problem>{problem}</Problem>}
        </div>
      </form>
    </Section>
  )
}

function Control({ field }: { field: PayloadField }) {
  const name = `payload.${field.name}`
  switch (field.kind) {
    case 'text':
      return <input className={classes.input} name={name} autoComplete="off" />
    case 'number':
      return (
        <input
          className={classes.input}
          name={name}
          inputMode="decimal"
          pattern="-?\d+(\.\d+)?([eE][+\-]?\d+)?"
          required={field.isRequired}
          autoComplete="off"
        />
      )
    case 'json':
      return (
        <textarea
          className={classes.input}
          name={name}
          required={field.isRequired}
          placeholder="JSON"
          spellCheck={false}
        />
      )
    default:
      return (
        <select className={classes.input} name={name} required={field.isRequired}>
          <option value=""> </option>
          {(field.kind === 'boolean' ? ['true', 'false'] : field.choices).map((choice) => (
            <option key={choice} value={choice}>
              {choice.replace(/^"(.*)"$/, '$1')}
            </option>
          ))}
        </select>
      )
  }
}
