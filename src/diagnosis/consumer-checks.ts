import { countOf } from '../count-of.ts'
import { formatSeconds } from '../duration.ts'
import type { ConsumerRow } from '../resolvers/consumers/consumers.ts'
import { isConsumer } from '../resolvers/consumers/rotation-blocker.ts'
import type { Facts } from './facts.ts'
import { type NewFinding, whatBlockedRotationMeans } from './finding.ts'
import { literal } from './literal.ts'
import type { Thresholds } from './thresholds.ts'

/** Checks whether a consumer keeps up, and whether tables wait for it. */
export function checkConsumer(
  consumer: ConsumerRow,
  { queues }: Facts,
  { behindSeconds }: Thresholds,
): NewFinding[] {
  const { queueName: queue, name } = consumer
  const blocker = queues.find((each) => each.name === queue)?.rotationBlocker
  const blocks = blocker != null && isConsumer(blocker) && blocker.slowest?.name === name
  const oldestSeconds = consumer.progress?.oldestPendingSeconds ?? null
  if (!blocks && (oldestSeconds === null || oldestSeconds < behindSeconds)) return []
  const shared = {
    subject: `consumer ${name} of ${queue}`,
    queue,
    consumer: name,
    remedy: `${nextStep(consumer)} If nobody needs it any more, unregister it; what it has not finished is then not delivered to it.`,
    sql: `select pgq_gateway.unregister_consumer(${literal(queue)}, ${literal(name)});`,
  }
  const state = stateOf(consumer, oldestSeconds)
  if (blocks)
    return [
      {
        ...shared,
        check: 'ROTATION_BLOCKED',
        severity: 'ERROR',
        what: `It keeps the tables of ${queue} from rotating: ${state}.`,
        why: `Until it has finished them, ${whatBlockedRotationMeans}`,
      },
    ]
  return [
    {
      ...shared,
      check: 'CONSUMER_BEHIND',
      severity: 'WARNING',
      what: `It is behind: ${state}.`,
      why: 'What it does for these events is late, and sooner or later the tables of the queue cannot rotate.',
    },
  ]
}

function stateOf(consumer: ConsumerRow, oldestSeconds: number | null): string {
  const { progress, pendingEvents, lastSeenSeconds } = consumer
  const facts = [`last seen ${formatSeconds(lastSeenSeconds)} ago`]
  if (oldestSeconds !== null) facts.push(`its oldest event waits for ${formatSeconds(oldestSeconds)}`)
  if (pendingEvents !== null) facts.push(`${countOf(pendingEvents, 'event')} pending`)
  if (progress?.openBatchSeconds != null)
    facts.push(`its batch is open for ${formatSeconds(progress.openBatchSeconds)}`)
  if (progress && !progress.connected) facts.push('no stream has it')
  return facts.join(', ')
}

function nextStep({ progress, currentBatchId }: ConsumerRow): string {
  if (progress?.connected) return 'Look why it is slow, or share its work among members of a group.'
  if (currentBatchId !== null)
    return `Start it, or restart it where it hangs: it gets batch ${currentBatchId} again.`
  return 'Start it.'
}
