import { Link } from '@tanstack/react-router'
import type { DeadLetterGroupsQuery } from '../generated/operations.ts'
import { exact } from '../ui/format.ts'
import { Count, classes, Note, Section, Time } from '../ui/ui.tsx'
import type { Conditions } from './conditions.ts'
import styles from './dead-letters.module.css'

type Group = DeadLetterGroupsQuery['deadLetterGroups']['groups'][number]

/** Dead letters by why they failed: the page begins with what went wrong most often. */
export function Groups(props: { database: string; groups: readonly Group[]; others: string }) {
  const { database, groups, others } = props
  return (
    <Section title="By reason and type">
      <table className={`${classes.table} ${styles.letters}`}>
        <thead>
          <tr>
            <th scope="col">Reason</th>
            <th scope="col">Type</th>
            <th scope="col">Consumer</th>
            <th scope="col">Queue</th>
            <th scope="col">Number</th>
            <th scope="col">First failed</th>
            <th scope="col">Last failed</th>
          </tr>
        </thead>
        <tbody>
          {groups.map((group) => (
            <Row key={keyOf(group)} database={database} group={group} />
          ))}
        </tbody>
      </table>
      {others !== '0' && (
        <Note>These are the 100 largest groups; {exact(others)} dead letters are in smaller ones.</Note>
      )}
    </Section>
  )
}

function keyOf({ queueName, consumerName, reason, type }: Group): string {
  return JSON.stringify([queueName, consumerName, reason, type])
}

function Row({ database, group }: { database: string; group: Group }) {
  const { queueName: queue, consumerName: consumer, reason, type, count, oldest, newest } = group
  return (
    <tr>
      <th scope="row">
        <Link
          to="/db/$database/dead-letters"
          params={{ database }}
          search={(old) => ({ ...old, queue, consumer, reason, type: type ?? '' })}
        >
          {wordsOf(reason)}
        </Link>
      </th>
      <td>{type ?? 'no type'}</td>
      <td>{consumer}</td>
      <td>{queue}</td>
      <td className={styles.number}>
        <Count value={count} />
      </td>
      <td>
        <Time at={oldest} />
      </td>
      <td>
        <Time at={newest} />
      </td>
    </tr>
  )
}

function wordsOf(reason: string): string {
  return reason === '' ? 'without a reason' : reason
}

/** The group that is shown, with the way back to all of them. */
export function Chosen({ database, conditions }: { database: string; conditions: Conditions }) {
  const { reason = '', type } = conditions
  return (
    <p className={styles.chosen}>
      <span>
        Only those <strong>{wordsOf(reason)}</strong>
        {type !== undefined && (
          <>
            {' '}
            of <strong>{type === '' ? 'no type' : `type ${type}`}</strong>
          </>
        )}
        .
      </span>{' '}
      <Link
        to="/db/$database/dead-letters"
        params={{ database }}
        search={(old) => ({ ...old, reason: undefined, type: undefined })}
        activeOptions={{ exact: true }}
      >
        All reasons
      </Link>
    </p>
  )
}
