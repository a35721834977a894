import { countOf } from '../count-of.ts'
import { formatSeconds } from '../duration.ts'
import { incompatibility } from '../install/revision.ts'
import { tickMaker } from '../resolvers/ticks/who-ticks.ts'
import type { StatusReport } from './status-report.ts'
import { isSome, TOO_LONG_SECONDS } from './troubles.ts'

/** Says which revision of the schemas is installed, and what this build is to it. */
export function describeSchemas({ schemas: { installed, ofThisBuild } }: StatusReport): string {
  if (installed === null) return 'PgQ alone; "pgq-graphql install" adds those of a gateway'
  const { number, version, compatibleFrom } = installed
  const facts = `revision ${number}, of version ${version}; builds from revision ${compatibleFrom} on work with it`
  if (number === ofThisBuild.number) return facts
  const isRaised = number < ofThisBuild.number ? ' "pgq-graphql install" raises it.' : ''
  return `${facts}. This build, of version ${ofThisBuild.version}, has ${ofThisBuild.number}.${isRaised}`
}

/** Says what is wrong, in sentences, the worst first; empty when all is well. */
export function findProblems({ schemas, ticking, queues, consumers, movers }: StatusReport): string[] {
  const { installed, ofThisBuild } = schemas
  const refusal = incompatibility(installed, ofThisBuild)
  const problems = refusal === null ? [] : [refusal]
  if (ticking && ticking.queueCount > 0 && tickMaker(ticking, false) === 'nobody') {
    const remedy =
      ticking.leaderName === null
        ? 'Start "pgq-graphql serve", "pgq-graphql ticker" or pgqd.'
        : 'See the log of the gateway that has the lead.'
    problems.push(`Nobody ticks, so no event is delivered. ${remedy}`)
  }
  for (const { name, missing } of queues) {
    if (missing !== null)
      problems.push(`Queue ${name}: it has lost ${missing}; restore that, or drop the queue.`)
  }
  for (const { mover, source, reason } of movers) {
    if (reason !== null)
      problems.push(`Mover ${mover} has stopped at ${source}: ${reason}. resetMover lets it go on.`)
  }
  for (const { name, tickOverdueSeconds, newEvents } of queues) {
    if (tickOverdueSeconds === null) continue
    const waiting = isSome(newEvents) ? `, with ${countOf(newEvents, 'event')} waiting` : ''
    problems.push(`Queue ${name}: a tick is overdue for ${formatSeconds(tickOverdueSeconds)}${waiting}.`)
  }
  for (const { name, tickerPaused, newEvents } of queues) {
    if (tickerPaused && isSome(newEvents)) {
      problems.push(`Queue ${name}: its ticker is paused, with ${countOf(newEvents, 'event')} waiting.`)
    }
  }
  for (const { name, rotationBlockedBy } of queues) {
    if (rotationBlockedBy !== null) {
      problems.push(`Queue ${name}: ${rotationBlockedBy} keeps the tables from rotating, so they grow.`)
    }
  }
  for (const { queue, name, connected, oldestPendingSeconds, openBatchSeconds } of consumers) {
    if (oldestPendingSeconds === null || oldestPendingSeconds < TOO_LONG_SECONDS) continue
    const batch =
      openBatchSeconds !== null && openBatchSeconds >= TOO_LONG_SECONDS
        ? `, its batch is open for ${formatSeconds(openBatchSeconds)}`
        : ''
    const absent = connected ? '' : ', no stream has it'
    problems.push(
      `Consumer ${name} of ${queue}: the oldest event waits for ${formatSeconds(oldestPendingSeconds)}${batch}${absent}.`,
    )
  }
  for (const { name, deadLetterCount } of queues) {
    if (isSome(deadLetterCount)) problems.push(`Queue ${name}: ${countOf(deadLetterCount, 'dead letter')}.`)
  }
  return problems
}

/** Says who ticks, in one line. */
export function describeTicker({ ticking, queues }: StatusReport): string {
  if (!ticking) return 'unknown; "pgq-graphql install" puts in place what tells'
  const gateway = sessionOf('a gateway', ticking.leaderName, ticking.leaderPid, ticking.leaderHost)
  const program = sessionOf(
    'pgqd or a program like it',
    ticking.programName,
    ticking.programPid,
    ticking.programHost,
  )
  const maker = tickMaker(ticking, false)
  if (maker !== 'nobody') {
    if (ticking.leaderName === null) return program
    return ticking.programPid === null ? gateway : `${gateway}, and ${program}`
  }
  if (ticking.leaderName !== null) return `nobody; ${gateway} has the lead, but makes no ticks`
  if (ticking.programPid !== null) return `nobody; ${program} is connected, but makes no ticks`
  const ages = queues.flatMap(({ tickerLagSeconds }) => tickerLagSeconds ?? [])
  return ages.length === 0
    ? 'nobody'
    : `nobody is connected for it; the newest tick is ${formatSeconds(Math.min(...ages))} old`
}

function sessionOf(kind: string, name: string | null, pid: number | null, host: string | null): string {
  const parts = [name, pid && `backend ${pid}`, host && `from ${host}`]
  return `${kind} (${parts.filter((part) => part !== null && part !== '').join(', ')})`
}
