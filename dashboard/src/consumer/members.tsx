import { useAction } from '../api/hooks.ts'
import { UnregisterSubconsumerDocument } from '../generated/operations.ts'
import { exact } from '../ui/format.ts'
import { ConfirmButton, classes, Duration, Empty, Nothing, Section } from '../ui/ui.tsx'
import type { ConsumerNow } from './consumer-page.tsx'

type Member = ConsumerNow['subconsumers'][number]

/** Who of a cooperative consumer has which batch, and for how long. */
export function Members(props: {
  database: string
  queue: string
  consumer: string
  members: readonly Member[]
  mayManage: boolean
}) {
  const { members, mayManage, ...place } = props
  return (
    <Section title="Members">
      {members.length === 0 ? (
        <Empty title="It has no members">Nobody gets its events until one registers.</Empty>
      ) : (
        <table className={classes.table}>
          <thead>
            <tr>
              <th scope="col">Member</th>
              <th scope="col">Batch</th>
              <th scope="col">Events, about</th>
              <th scope="col">Age of the batch</th>
              <th scope="col">Last heard of</th>
              {mayManage && <th scope="col">Action</th>}
            </tr>
          </thead>
          <tbody>
            {members.map((member) => (
              <tr key={member.name}>
                <th scope="row">{member.name}</th>
                <td>{member.currentBatch?.batchId ?? <Nothing />}</td>
                <td>{sizeOf(member) ?? <Nothing />}</td>
                <td>
                  <Duration seconds={member.currentBatch?.lagSeconds} />
                </td>
                <td>
                  <Duration seconds={member.activeSeconds} /> ago
                </td>
                {mayManage && (
                  <td>
                    <Remove {...place} member={member} />
                  </td>
                )}
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </Section>
  )
}

function sizeOf({ currentBatch: batch }: Member): string | null {
  return batch ? exact(String(BigInt(batch.seqEnd) - BigInt(batch.seqStart))) : null
}

function Remove(props: { database: string; queue: string; consumer: string; member: Member }) {
  const { database, queue, consumer, member } = props
  const remove = useAction(UnregisterSubconsumerDocument)
  const input = {
    database,
    queue,
    consumer,
    subconsumer: member.name,
    batchHandling: 'RETRY_EVENTS',
  } as const
  return (
    <ConfirmButton
      label="Remove"
      tone="danger"
      question={`Remove member ${member.name} of ${consumer}?`}
      action={() => remove({ input }).then(() => 'Removed')}
    >
      The events of the batch that it has open go to the retry queue, and reach the other members again.
    </ConfirmButton>
  )
}
