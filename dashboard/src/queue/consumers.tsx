import { Link } from '@tanstack/react-router'
import { type FormEvent, useRef } from 'react'
import { useAction, useProgress } from '../api/hooks.ts'
import { RegisterConsumerDocument } from '../generated/operations.ts'
import type { QueueFigures } from '../queues/figures.ts'
import { Badge, Button, Count, classes, Duration, Empty, Problem, Section } from '../ui/ui.tsx'

/** The consumers of a queue, live. */
export function QueueConsumers(props: { database: string; figures: QueueFigures; mayManage: boolean }) {
  const { database, figures, mayManage } = props
  const queue = figures.name
  const consumers = figures.consumers.nodes
  return (
    <Section title="Consumers" aside={mayManage && <Register database={database} queue={queue} />}>
      {consumers.length === 0 ? (
        <Empty title="Nobody consumes this queue">
          A consumer gets the events from its registration on. Without one, they go with the next rotations.
        </Empty>
      ) : (
        <table className={classes.table}>
          <thead>
            <tr>
              <th scope="col">Consumer</th>
              <th scope="col">Behind</th>
              <th scope="col">Pending</th>
              <th scope="col">Batch open for</th>
              <th scope="col">Last seen</th>
            </tr>
          </thead>
          <tbody>
            {consumers.map((consumer) => (
              <tr key={consumer.name}>
                <th scope="row">
                  <span className={classes.actions}>
                    <Link
                      to="/db/$database/queues/$queue/consumers/$consumer"
                      params={{ database, queue, consumer: consumer.name }}
                    >
                      {consumer.name}
                    </Link>
                    {consumer.connected && <Badge tone="good">connected</Badge>}
                    {consumer.cooperative && <Badge tone="calm">cooperative</Badge>}
                  </span>
                </th>
                <td data-tone={(consumer.oldestPendingSeconds ?? 0) >= 60 ? 'bad' : undefined}>
                  <Duration seconds={consumer.oldestPendingSeconds} />
                </td>
                <td>
                  <Count value={consumer.pendingEvents} />
                </td>
                <td>
                  <Duration seconds={consumer.openBatchSeconds} />
                </td>
                <td>
                  <Duration seconds={consumer.lastSeenSeconds} /> ago
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </Section>
  )
}

function Register({ database, queue }: { database: string; queue: string }) {
  const dialog = useRef<HTMLDialogElement>(null)
  const register = useAction(RegisterConsumerDocument)
  const { problem, isBusy, run } = useProgress()
  const submit = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    const consumer = String(new FormData(event.currentTarget).get('consumer'))
    const isDone = await run(async () => {
      const { registerConsumer } = await register({ input: { database, queue, consumer } })
      if (!registerConsumer.registered) throw new Error(`${consumer} is registered already`)
      return 'registered'
    })
    if (isDone) dialog.current?.close()
  }
  return (
    <>
      <Button onClick={() => dialog.current?.showModal()}>Register consumer</Button>
      <dialog ref={dialog} className={classes.dialog} aria-label="Register consumer">
        <form onSubmit={(event) => void submit(event)}>
          <h2>Register a consumer on {queue}</h2>
          <p>It gets the events from now on, and keeps them from rotating until it has seen them.</p>
          <label className={classes.field}>
            <span>Name</span>
            <input className={classes.input} name="consumer" required autoComplete="off" />
          </label>
          {problem !== null && <Problem>{problem}</Problem>}
          <footer>
            <Button onClick={() => dialog.current?.close()}>Cancel</Button>
            <Button type="submit" tone="primary" disabled={isBusy}>
              Register
            </Button>
          </footer>
        </form>
      </dialog>
    </>
  )
}
