import { getRouteApi, Link } from '@tanstack/react-router'
import { useAnswer } from '../api/hooks.ts'
import { DiagnoseDocument, type DiagnoseQuery } from '../generated/operations.ts'
import { CopyButton } from '../ui/copy-button.tsx'
import { Badge, Button, classes, Empty, Loaded, Note, Section, type Tone } from '../ui/ui.tsx'
import { checks } from './checks.ts'
import styles from './doctor.module.css'
import { useMayAsk } from './use-may-ask.ts'

const route = getRouteApi('/shell/db/$database/doctor')

type Finding = DiagnoseQuery['diagnose'][number]
type Severity = Finding['severity']

const tones: Record<Severity, Tone> = { ERROR: 'bad', WARNING: 'warn', INFO: 'calm' }
const words: Record<Severity, string> = { ERROR: 'error', WARNING: 'warning', INFO: 'remark' }

export function DoctorPage() {
  const { database } = route.useParams()
  const mayAsk = useMayAsk(database)
  if (mayAsk === false)
    return (
      <Empty title="You may not ask the doctor">
        Findings tell of sessions, logins and all queues, so they need the grant manage for the whole
        database.
      </Empty>
    )
  return mayAsk ? <Diagnosis key={database} database={database} /> : null
}

function Diagnosis({ database }: { database: string }) {
  const answer = useAnswer(DiagnoseDocument, { database })
  const findings = answer.data?.diagnose
  return (
    <>
      <div className={classes.crumbs}>
        <h1>Doctor</h1>
        <span className={classes.where}>what is wrong with {database}, and what mends it</span>
        <span className={classes.actions}>
          <span role="status" className={classes.note}>
            {answer.isAsking ? 'Looking…' : findings && summaryOf(findings)}
          </span>
          <Button disabled={answer.isAsking} onClick={answer.refresh}>
            Look again
          </Button>
        </span>
      </div>
      <Loaded answer={answer}>
        {({ diagnose }) => (
          <>
            {diagnose.length === 0 ? (
              <p className={styles.well}>Nothing is wrong.</p>
            ) : (
              <ol className={styles.findings} aria-label="Findings">
                {diagnose.map((finding, index) => (
                  // biome-ignore lint/suspicious/noArrayIndexKey: a finding has no id, and each look brings all of them
                  <li key={index} data-severity={finding.severity}>
                    <FindingDetails database={database} finding={finding} />
                  </li>
                ))}
              </ol>
            )}
            <Checks found={new Set(diagnose.map(({ check }) => check))} />
          </>
        )}
      </Loaded>
    </>
  )
}

/** Counts by severity: `1 error, 2 warnings`. */
function summaryOf(findings: readonly Finding[]): string {
  const counts = (['ERROR', 'WARNING', 'INFO'] as const).flatMap((severity) => {
    const count = findings.filter((finding) => finding.severity === severity).length
    return count === 0 ? [] : `${count} ${words[severity]}${count === 1 ? '' : 's'}`
  })
  return counts.length === 0 ? 'Nothing is wrong' : counts.join(', ')
}

function FindingDetails({ database, finding }: { database: string; finding: Finding }) {
  const { severity, subject, what, why, remedy, sql, command } = finding
  return (
    <article aria-label={subject}>
      <h2>
        {subject} <Badge tone={tones[severity]}>{words[severity]}</Badge>
      </h2>
      <p className={styles.what}>{what}</p>
      <Note>{why}</Note>
      <p className={styles.remedy}>
        {remedy} <Places database={database} finding={finding} />
      </p>
      {sql !== null && <Remedy language="SQL" text={sql} />}
      {command !== null && <Remedy language="command" text={command} />}
    </article>
  )
}

/** Links to where a finding can be looked into, and mostly be mended. */
function Places({ database, finding }: { database: string; finding: Finding }) {
  const { check, queue, consumer } = finding
  if (!queue) return null
  const params = { database, queue: queue.name }
  return (
    <span className={styles.places}>
      {consumer && (
        <Link
          to="/db/$database/queues/$queue/consumers/$consumer"
          params={{ ...params, consumer: consumer.name }}
        >
          Open {consumer.name}
        </Link>
      )}
      {check === 'DEAD_LETTERS' && (
        <Link to="/db/$database/dead-letters" params={{ database }} search={{ queue: queue.name }}>
          Open its dead letters
        </Link>
      )}
      <Link to="/db/$database/queues/$queue" params={params}>
        Open {queue.name}
      </Link>
    </span>
  )
}

function Remedy({ language, text }: { language: string; text: string }) {
  return (
    <div className={styles.code}>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must take the keyboard */}
      <pre className={classes.data} tabIndex={0}>
        {text}
      </pre>
      <CopyButton label={`Copy ${language}`} text={text} />
    </div>
  )
}

function Checks({ found }: { found: ReadonlySet<string> }) {
  return (
    <Section title="What was looked for">
      <ul className={styles.checks}>
        {Object.entries(checks).map(([check, claim]) => (
          <li key={check} data-tone={found.has(check) ? 'bad' : 'good'}>
            <span aria-hidden="true">{found.has(check) ? '✗' : '✓'}</span>
            <span>
              {claim}
              <span className={classes.hidden}>{found.has(check) ? ': no' : ': yes'}</span>
            </span>
          </li>
        ))}
      </ul>
    </Section>
  )
}
