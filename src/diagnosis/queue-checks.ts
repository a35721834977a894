import { countOf } from '../count-of.ts'
import type { QueueFacts } from './facts.ts'
import { type NewFinding, whatBlockedRotationMeans } from './finding.ts'
import { literal } from './literal.ts'
import type { Thresholds } from './thresholds.ts'

/** Checks what a queue is and holds. */
export function checkQueue(queue: QueueFacts, thresholds: Thresholds): NewFinding[] {
  return [
    ...checkParts(queue),
    ...checkInserts(queue),
    ...checkRotation(queue),
    ...checkRetries(queue, thresholds),
    ...checkDeadLetters(queue),
  ]
}

const about = ({ name }: QueueFacts) => ({ subject: `queue ${name}`, queue: name })

function checkParts(queue: QueueFacts): NewFinding[] {
  if (queue.missing === null) return []
  return [
    {
      ...about(queue),
      check: 'QUEUE_DAMAGED',
      severity: 'ERROR',
      what: `It has lost ${queue.missing}.`,
      why: 'Nothing can be published to it or read from it.',
      remedy:
        'Restore what is missing from a backup. To give up its events and consumers instead, drop the queue.',
      sql: `select pgq_gateway.drop_queue(${literal(queue.name)}, true);`,
    },
  ]
}

function checkInserts(queue: QueueFacts): NewFinding[] {
  if (!queue.isDisabled) return []
  return [
    {
      ...about(queue),
      check: 'QUEUE_DISABLED',
      severity: 'WARNING',
      what: 'It takes no events: somebody has switched inserting off.',
      why: 'Publishers get an error, and so do triggers with the transactions that they belong to.',
      remedy: 'Switch it on.',
      sql: `update pgq.queue set queue_disable_insert = false where queue_name = ${literal(queue.name)};`,
    },
  ]
}

/** Checks whether a transaction keeps the tables; where a consumer does, `checkConsumer` tells. */
function checkRotation(queue: QueueFacts): NewFinding[] {
  const session = queue.rotationBlocker?.session
  if (session == null) return []
  return [
    {
      ...about(queue),
      check: 'ROTATION_BLOCKED',
      severity: 'ERROR',
      what: `Its tables do not rotate: a transaction may have written into them (${session}).`,
      why: `Until that has ended, ${whatBlockedRotationMeans}`,
      remedy: 'End it: the finding about the transaction has the statement. No consumer is at fault.',
    },
  ]
}

function checkRetries(queue: QueueFacts, { retryCount }: Thresholds): NewFinding[] {
  const findings: NewFinding[] = []
  if (queue.overdueRetryCount !== '0')
    findings.push({
      ...about(queue),
      check: 'RETRIES_OVERDUE',
      severity: 'WARNING',
      what: `${countOf(queue.overdueRetryCount, 'retried event')} should have come back by now.`,
      why: 'The ticker brings them back. Where nobody does, what consumers put off is not done.',
      remedy: 'Start a ticker, and bring back what is due. Call it until it returns 0.',
      sql: 'select pgq.maint_retry_events();',
    })
  if (Number(queue.retryCount) >= retryCount)
    findings.push({
      ...about(queue),
      check: 'RETRIES_GROWING',
      severity: 'WARNING',
      what: `${countOf(queue.retryCount, 'event')} wait to be tried again.`,
      why: 'Most of what consumers try fails, mostly since something that they call is away.',
      remedy:
        'Mend what fails; its reasons are in the logs of the consumers. These are the types of the events.',
      sql:
        'select ev_type, count(*), max(ev_retry) as tries from pgq.retry_queue ' +
        `where ev_queue = ${queue.queueId} group by ev_type order by 2 desc;`,
    })
  return findings
}

function checkDeadLetters(queue: QueueFacts): NewFinding[] {
  if (queue.deadLetterCount === '0') return []
  return [
    {
      ...about(queue),
      check: 'DEAD_LETTERS',
      severity: 'WARNING',
      what: `Consumers have given up on ${countOf(queue.deadLetterCount, 'event')}.`,
      why: 'Nobody works on them any more until somebody decides.',
      remedy:
        'Read why in pgq_gateway.dead_letter_info. Once the reason is mended, deliver them again, at most 1,000 a call.',
      sql: `select pgq_gateway.requeue_dead_letters(null, ${literal(queue.name)}, null, 1000);`,
    },
  ]
}
