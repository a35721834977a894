import type { Database } from '../postgres/database.ts'
import { checkConsumer } from './consumer-checks.ts'
import { type Facts, readFacts } from './facts.ts'
import { type Finding, severities, toFinding } from './finding.ts'
import { checkQueue } from './queue-checks.ts'
import { checkInstallation, checkServer, checkTransactions } from './server-checks.ts'
import { defaultThresholds, type Thresholds } from './thresholds.ts'
import { checkTicker, checkTicks } from './tick-checks.ts'

/** Judges by facts what is wrong, the worst first; pure. */
export function judge(facts: Facts, thresholds: Thresholds = defaultThresholds): Finding[] {
  const findings = [
    ...checkInstallation(facts),
    ...checkTicker(facts),
    ...facts.queues.flatMap((queue) => [...checkTicks(queue, facts), ...checkQueue(queue, thresholds)]),
    ...facts.consumers.flatMap((consumer) => checkConsumer(consumer, facts, thresholds)),
    ...checkTransactions(facts),
    ...checkServer(facts, thresholds),
  ].map(toFinding)
  return worstFirst(findings)
}

export function worstFirst(findings: readonly Finding[]): Finding[] {
  const rank = ({ severity }: Finding) => severities.indexOf(severity)
  return [...findings].sort((one, other) => rank(one) - rank(other))
}

/** Looks what is wrong in a database, and changes nothing. @param hearsNotices Says whether notices arrive from it. */
export async function diagnose(
  database: Database,
  hearsNotices: boolean,
  given: Partial<Thresholds> = {},
): Promise<Finding[]> {
  const thresholds = { ...defaultThresholds, ...given }
  return judge(await readFacts(database, hearsNotices, thresholds), thresholds)
}
