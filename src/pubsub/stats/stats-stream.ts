import { PgqError } from '../../errors.ts'
import type { LiveView } from '../live-view.ts'
import type { Stream } from '../stream.ts'
import type { StatsSample } from './stats-samplers.ts'

const MIN_INTERVAL_SECONDS = 0.1
const MAX_INTERVAL_SECONDS = 3_600

/**
 * Gives samples of all queues and consumers, taken once per interval for all subscribers.
 *
 * @throws PgqError `BAD_INPUT` for an interval out of range.
 */
export function stats(view: LiveView, { intervalSeconds }: { intervalSeconds: number }): Stream<StatsSample> {
  if (!(intervalSeconds >= MIN_INTERVAL_SECONDS && intervalSeconds <= MAX_INTERVAL_SECONDS)) {
    const range = `${MIN_INTERVAL_SECONDS} to ${MAX_INTERVAL_SECONDS}`
    throw new PgqError('BAD_INPUT', `intervalSeconds must be from ${range}, got ${intervalSeconds}`, {
      field: 'intervalSeconds',
    })
  }
  return view.live.streams.add(view.samplers.every(intervalSeconds).watch())
}
