/** A member of the cooperative group, in a process of its own. Reports each slice that it has worked on. */
import { setTimeout as delay } from 'node:timers/promises'
import { createClient } from '@pgq-graphql/client'
import { DEAD_INTERVAL_SECONDS, GROUP, type WorkerMessage } from './group.ts'
import { sightingsOf } from './tally.ts'

const SLICE = 25
const [url = '', queue = '', member = '', fate = ''] = process.argv.slice(2)

const report = (message: WorkerMessage) => process.send?.(message)

const consumption = createClient({ url }).consume(
  queue,
  { consumer: GROUP, subconsumer: member, deadIntervalSeconds: DEAD_INTERVAL_SECONDS },
  async (batch) => {
    const sightings = sightingsOf(batch.events)
    const half = Math.floor(sightings.length / 2)
    if (fate === 'doomed' && half > 0) {
      report({ kind: 'seen', sightings: sightings.slice(0, half) })
      report({ kind: 'halfway', batchId: batch.batchId })
      await delay(600_000)
    }
    for (let from = 0; from < sightings.length; from += SLICE) {
      await delay(1)
      report({ kind: 'seen', sightings: sightings.slice(from, from + SLICE) })
    }
  },
)

process.once('SIGTERM', () => {
  void consumption.stop().finally(() => process.disconnect())
})
// The parent is gone.
process.once('disconnect', () => process.exit())
// Ctrl-C reaches the whole process group; the parent decides what ends when.
process.on('SIGINT', () => {})

await consumption.ready
report({ kind: 'ready' })
