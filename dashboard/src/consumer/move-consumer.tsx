import { type FormEvent, useRef, useState } from 'react'
import { useAction, useProgress } from '../api/hooks.ts'
import {
  MoveConsumerDocument,
  type MoveConsumerInput,
  type MoveConsumerMutation,
} from '../generated/operations.ts'
import { exact, instantOf } from '../ui/format.ts'
import { Button, classes, Field, Problem } from '../ui/ui.tsx'
import type { ConsumerNow } from './consumer-page.tsx'

type Move = MoveConsumerMutation['moveConsumer']
type Target = 'newest' | 'time' | 'tick'

/** Moves a consumer in the log, once the gateway has said what that skips or repeats. */
export function MoveConsumer(props: { database: string; queue: string; consumer: string; now: ConsumerNow }) {
  const { consumer } = props
  const dialog = useRef<HTMLDialogElement>(null)
  const [moved, setMoved] = useState<string | null>(null)
  const [opened, setOpened] = useState(0)
  const open = () => {
    setOpened(opened + 1)
    setMoved(null)
    dialog.current?.showModal()
  }
  const close = () => dialog.current?.close()
  const onMoved = ({ toTick }: Move) => {
    setMoved(`Moved to tick ${exact(toTick)}`)
    close()
  }
  return (
    <>
      <Button onClick={open}>Move</Button>
      {moved !== null && (
        <span role="status" className={classes.done}>
          {moved}
        </span>
      )}
      <dialog ref={dialog} className={classes.dialog} aria-label={`Move ${consumer}`}>
        <MoveForm key={opened} {...props} onCancel={close} onMoved={onMoved} />
      </dialog>
    </>
  )
}

function MoveForm(props: {
  database: string
  queue: string
  consumer: string
  now: ConsumerNow
  onCancel: () => void
  onMoved: (move: Move) => void
}) {
  const { database, queue, consumer, now, onCancel, onMoved } = props
  const move = useAction(MoveConsumerDocument)
  const { problem, isBusy, run } = useProgress()
  const [target, setTarget] = useState<Target>('newest')
  // What was looked at is what is done, whatever is typed since.
  const [seen, setSeen] = useState<{ input: MoveConsumerInput; move: Move } | null>(null)
  const look = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    const form = new FormData(event.currentTarget)
    const input = {
      database,
      queue,
      consumer,
      force: form.has('force'),
      ...targetOf(target, String(form.get('place') ?? '')),
    }
    void run(async () => {
      setSeen({ input, move: (await move({ input: { ...input, dryRun: true } })).moveConsumer })
      return ''
    })
  }
  const confirm = (input: MoveConsumerInput) =>
    void run(async () => {
      onMoved((await move({ input })).moveConsumer)
      return ''
    })
  return (
    <form onSubmit={look} onChange={() => setSeen(null)}>
      <h2>
        Move {consumer} on {queue}
      </h2>
      <div className={classes.form}>
        <Field label="To">
          <select
            className={classes.input}
            value={target}
            onChange={(event) => setTarget(event.target.value as Target)}
          >
            <option value="newest">the newest tick</option>
            <option value="time">a time</option>
            <option value="tick">a tick</option>
          </select>
        </Field>
        {target === 'time' && (
          <Field label="Time, UTC" note="What came later is delivered.">
            <input className={classes.input} name="place" type="datetime-local" step={1} required />
          </Field>
        )}
        {target === 'tick' && (
          <Field label="Tick" note="What came after it is delivered.">
            <input
              className={classes.input}
              name="place"
              inputMode="numeric"
              pattern="\d+"
              required
              autoComplete="off"
            />
          </Field>
        )}
      </div>
      {now.openBatchSeconds !== null && (
        <p className={classes.remark}>
          <label>
            <input type="checkbox" name="force" />{' '}
            {now.cooperative
              ? 'Although members have batches open: they finish those.'
              : 'Although it has a batch open: that is given up.'}
          </label>
        </p>
      )}
      {seen && (
        <p role="status" className={classes.remark}>
          {sentenceOf(seen.move)}
        </p>
      )}
      {problem !== null && <Problem>{problem}</Problem>}
      <footer>
        <Button onClick={onCancel}>Cancel</Button>
        {seen ? (
          <Button tone="primary" disabled={isBusy} onClick={() => confirm(seen.input)}>
            Move
          </Button>
        ) : (
          <Button type="submit" tone="primary" disabled={isBusy}>
            What would that do?
          </Button>
        )}
      </footer>
    </form>
  )
}

function targetOf(target: Target, place: string): Partial<MoveConsumerInput> {
  switch (target) {
    case 'newest':
      return { toNewest: true }
    case 'time':
      return { toTime: instantOf(place) }
    case 'tick':
      return { toTick: place }
  }
}

/** Says what a move does, before it is made. */
function sentenceOf({ fromTick, toTick, skippedEvents, repeatedEvents }: Move): string {
  const way = `From tick ${exact(fromTick)} to ${exact(toTick)}`
  if (skippedEvents === null)
    return `${way}. The tick that it is at has left the log, so nobody knows how many events that skips.`
  if (skippedEvents !== '0')
    return `${way}: it skips about ${exact(skippedEvents)} events, which it will not be given.`
  if (repeatedEvents !== null && repeatedEvents !== '0')
    return `${way}: it repeats about ${exact(repeatedEvents)} events, which it will be given again.`
  return `${way}: it skips and repeats nothing.`
}
