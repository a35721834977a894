import { useState } from 'react'
import type { EventFieldsFragment } from '../generated/operations.ts'
import { indent } from './json.ts'
import { Button, classes, Time } from './ui.tsx'

/** So many characters of an event are shown unasked. */
const SHOWN = 20_000

/** An event with all that it carries, as text. */
export function EventDetails({ event }: { event: EventFieldsFragment }) {
  const [isWhole, setWhole] = useState(false)
  const extras = ([1, 2, 3, 4] as const).flatMap((number) => {
    const value = event[`extra${number}`]
    return value === null ? [] : [[`extra${number}`, value] as const]
  })
  const text = event.data === null ? '' : indent(event.data)
  const isLong = text.length > SHOWN && !isWhole
  return (
    <>
      <dl className={classes.pairs}>
        <dt>Event</dt>
        <dd>{event.eventId}</dd>
        <dt>Inserted</dt>
        <dd>
          <Time at={event.time} />, transaction {event.txid}
        </dd>
        {event.retry !== null && (
          <>
            <dt>Retries</dt>
            <dd>{event.retry}</dd>
          </>
        )}
        {extras.map(([name, value]) => (
          <Pair key={name} name={name} value={value} />
        ))}
      </dl>
      {event.data === null ? (
        <p className={classes.note}>It has no data.</p>
      ) : (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must take the keyboard
        <pre className={classes.data} tabIndex={0}>
          {isLong ? text.slice(0, SHOWN) : text}
        </pre>
      )}
      {isLong && (
        <Button onClick={() => setWhole(true)}>Show all {text.length.toLocaleString('en')} characters</Button>
      )}
    </>
  )
}

function Pair({ name, value }: { name: string; value: string }) {
  return (
    <>
      <dt>{name}</dt>
      <dd>{value}</dd>
    </>
  )
}
