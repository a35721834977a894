import type { Logger } from 'pino'
import type { DatabaseEntry } from '../config/databases.ts'
import type { Config } from '../config/shape.ts'
import { countOf } from '../count-of.ts'
import { diagnose, worstFirst } from '../diagnosis/diagnose.ts'
import { type Finding, type NewFinding, type Severity, severities, toFinding } from '../diagnosis/finding.ts'
import { connectionTarget } from '../postgres/connection-target.ts'
import { Database } from '../postgres/database.ts'
import { reasonOf } from '../reason.ts'
import { CliError, connect } from './connect.ts'
import { eachDatabase } from './each-database.ts'
import { hearsNotices } from './hears-notices.ts'
import { printable } from './table.ts'
import { directUrlOf, runningDatabases } from './targets.ts'

interface Given {
  json: boolean
  /** Names of databases; none for all. */
  only: readonly string[]
}

interface Diagnosis {
  name: string
  findings: Finding[]
}

/** Prints what is wrong with each database and what mends it. @returns the exit code: 0 fine, 1 warnings, 2 errors. */
export async function doctor(config: Config, logger: Logger, { json, only }: Given): Promise<number> {
  const outcomes = await eachDatabase(await runningDatabases(config, only), logger, (entry) =>
    examine(entry, config, logger),
  )
  const diagnoses = outcomes.map((outcome) => ({
    name: outcome.name,
    findings: 'error' in outcome ? [unreachable(outcome.error)] : outcome.result,
  }))
  console.log(json ? JSON.stringify({ databases: diagnoses }, null, 2) : formatDiagnoses(diagnoses))
  return exitCodeOf(diagnoses)
}

function exitCodeOf(diagnoses: readonly Diagnosis[]): number {
  const found = new Set(diagnoses.flatMap(({ findings }) => findings.map(({ severity }) => severity)))
  return found.has('ERROR') ? 2 : found.has('WARNING') ? 1 : 0
}

function unreachable(error: Error): Finding {
  return toFinding({
    check: 'UNREACHABLE',
    severity: 'ERROR',
    subject: 'database',
    what: error.message,
    why: 'Nothing works without it.',
    remedy: 'Start the server, or mend its URL, the network or the rights of the login.',
  })
}

const notInstalled: NewFinding = {
  check: 'SCHEMA',
  severity: 'ERROR',
  subject: 'schemas',
  what: 'The database lacks what this version of the gateway needs.',
  why: 'No gateway can serve it, and most of what can be wrong cannot be seen.',
  remedy: 'Put it in place; what is there stays.',
  command: 'pgq-graphql install',
}

const notAllowed: NewFinding = {
  check: 'PRIVILEGES',
  severity: 'ERROR',
  subject: 'login',
  what: 'The login of the gateway cannot act as pgq_admin.',
  why: 'Calls that need it are refused, this diagnosis among them.',
  remedy: 'Have an administrator grant it; for the login of the URL:',
}

async function examine(entry: DatabaseEntry, config: Config, logger: Logger): Promise<Finding[]> {
  const { client, pooling } = await connect(directUrlOf(entry), 'doctor')
  try {
    const { rows } = await client.query<Means>(meansStatement)
    const [means] = rows
    if (!means?.isInstalled) return [toFinding(notInstalled)]
    if (!means.isAdmin) return [toFinding({ ...notAllowed, sql: means.grant })]
  } finally {
    await client.end()
  }
  const database = new Database({
    name: entry.name,
    target: connectionTarget(directUrlOf(entry)),
    maxConnectionsPerRole: 1,
    statementTimeoutMs: config.connections.statementTimeoutMs,
    logger,
  })
  database.pooling = pooling
  database.admit()
  try {
    return worstFirst(
      await diagnose(database, pooling !== 'shared' && (await hearsNotices(directUrlOf(entry)))),
    )
  } catch (error) {
    throw new CliError(`The database cannot be examined: ${reasonOf(error)}`, { cause: error })
  } finally {
    await database.close()
  }
}

/** What the doctor needs of a database. */
interface Means {
  isInstalled: boolean
  isAdmin: boolean
  /** What gives it the rights. */
  grant: string
}

const meansStatement = `
  select to_regprocedure('pgq_gateway.long_transactions(float8)') is not null as "isInstalled",
         coalesce(pg_has_role((select oid from pg_roles where rolname = 'pgq_admin'), 'member'), false) as "isAdmin",
         format('grant pgq_admin to %I;', current_user) as grant`

function formatDiagnoses(diagnoses: readonly Diagnosis[]): string {
  const parts = diagnoses.map(({ name, findings }) => {
    const heading = diagnoses.length > 1 ? `Database ${printable(name)}: ` : ''
    return [`${heading}${summaryOf(findings)}`, ...findings.map(formatFinding)].join('\n\n')
  })
  return parts.join('\n\n')
}

const nouns: Record<Severity, string> = { ERROR: 'error', WARNING: 'warning', INFO: 'remark' }

function summaryOf(findings: readonly Finding[]): string {
  const counts = severities.flatMap((severity) => {
    const count = findings.filter((finding) => finding.severity === severity).length
    return count === 0 ? [] : [countOf(count, nouns[severity])]
  })
  return counts.length === 0 ? 'Nothing is wrong.' : `${counts.join(', ')}.`
}

function formatFinding({ check, severity, subject, what, why, remedy, sql, command }: Finding): string {
  const lines = [`${severity} ${check}, ${subject}`, `  ${what}`, `  ${why}`, `  ${remedy}`]
  for (const statement of sql?.split('\n') ?? []) lines.push(`    ${statement}`)
  if (command !== null) lines.push(`    $ ${command}`)
  return lines.map(printable).join('\n')
}
