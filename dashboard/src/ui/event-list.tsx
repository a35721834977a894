import { Link } from '@tanstack/react-router'
import { type ReactNode, useState } from 'react'
import type { EventFieldsFragment } from '../generated/operations.ts'
import { copies } from './copy.ts'
import { EventDetails } from './event.tsx'
import styles from './event-list.module.css'
import { utc } from './format.ts'
import { Button, classes } from './ui.tsx'

/** An event with the log that it is of. */
export interface LoggedEvent {
  database: string
  queue: string
  event: EventFieldsFragment
}

interface RowState {
  isOpen: boolean
  onToggle: (isOpen: boolean) => void
}

/** Keeps which rows are open, also while they are out of the document. */
export function useOpenRows(): { of: (event: EventFieldsFragment) => RowState } {
  const [open, setOpen] = useState<ReadonlySet<string>>(new Set())
  return {
    of(event) {
      const key = keyOf(event)
      return {
        isOpen: open.has(key),
        onToggle(isOpen) {
          if (isOpen === open.has(key)) return
          setOpen(new Set(isOpen ? [...open, key] : [...open].filter((each) => each !== key)))
        },
      }
    },
  }
}

/** An event in a line, which opens in place. @param time Text in place of the time of the day. */
export function EventRow({ time, isOpen, onToggle, ...logged }: LoggedEvent & RowState & { time?: string }) {
  const { event } = logged
  return (
    <details open={isOpen} onToggle={({ currentTarget }) => onToggle(currentTarget.open)}>
      <summary>
        <span className={styles.time}>{time ?? utc(event.time).slice(11)}</span>
        <span className={styles.type}>{event.type ?? '–'}</span>
        <code className={styles.line}>{(event.data ?? '').slice(0, 300)}</code>
        <span className={styles.id}>{event.eventId}</span>
      </summary>
      {isOpen && (
        <>
          <EventDetails event={event} />
          <Copies {...logged}>
            <Link
              to="/db/$database/queues/$queue/events/$event"
              params={{ database: logged.database, queue: logged.queue, event: event.eventId }}
            >
              What became of it
            </Link>
          </Copies>
        </>
      )}
    </details>
  )
}

/** Copies an event as what publishes one like it. */
export function Copies({ database, queue, event, children }: LoggedEvent & { children?: ReactNode }) {
  const [copied, setCopied] = useState<string | null>(null)
  const copy = async (name: keyof typeof copies) => {
    await navigator.clipboard.writeText(copies[name](database, queue, event))
    setCopied(`Copied as ${name}`)
  }
  return (
    <div className={styles.actions}>
      <span className={classes.note}>Copy as</span>
      {(['curl', 'SQL', 'TypeScript'] as const).map((name) => (
        <Button key={name} onClick={() => void copy(name)}>
          {name}
        </Button>
      ))}
      <span role="status">{copied}</span>
      {children}
    </div>
  )
}

/** Tells events apart: retries have the id of what they repeat. */
export function keyOf({ eventId, txid, retry }: EventFieldsFragment): string {
  return `${eventId}/${txid}/${retry}`
}

export const listClasses = styles
