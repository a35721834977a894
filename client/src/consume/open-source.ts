import { checkNumber } from '../check-number.ts'
import type { Target } from '../target.ts'
import { BatchSource } from './batch-source.ts'
import type { ConsumeOptions } from './consume-options.ts'
import { printProblem } from './problem.ts'

const DEFAULT_HEARTBEAT_SECONDS = 30

/** Opens the batches of a consumer. @throws PgqClientError `BAD_INPUT` for options that make no sense. */
export function openSource(target: Target, options: ConsumeOptions, onReady = () => {}): BatchSource {
  const { transport, database, queue } = target
  const { onProblem = printProblem, heartbeatSeconds = DEFAULT_HEARTBEAT_SECONDS } = options
  const silenceSeconds = checkNumber('heartbeatSeconds', heartbeatSeconds ?? Number.POSITIVE_INFINITY, 1)
  const needsHeartbeat = !transport.isWatched && Number.isFinite(silenceSeconds)
  return new BatchSource({
    transport,
    input: {
      database,
      queue,
      consumer: options.consumer,
      subconsumer: options.subconsumer,
      minCount: atLeast('minCount', options.minCount, 0),
      minIntervalSeconds: atLeast('minIntervalSeconds', options.minIntervalSeconds, 0),
      minLagSeconds: atLeast('minLagSeconds', options.minLagSeconds, 0, Number.MAX_VALUE),
      deadIntervalSeconds: atLeast('deadIntervalSeconds', options.deadIntervalSeconds, 1, Number.MAX_VALUE),
      heartbeatSeconds: needsHeartbeat ? silenceSeconds : null,
      standby: options.standby ?? false,
    },
    register: options.register ?? true,
    pageSize: atLeast('pageSize', options.pageSize, 1) ?? null,
    onReady,
    onLost: (error, retryInMs) => onProblem({ kind: 'connection', error, retryInMs }),
  })
}

/** Checks an option that may be left out. Infinity means the same as that, where it is allowed. */
function atLeast(name: string, value: number | undefined, min: number, max?: number): number | undefined {
  if (value === undefined) return undefined
  return Number.isFinite(checkNumber(name, value, min, max)) ? value : undefined
}
