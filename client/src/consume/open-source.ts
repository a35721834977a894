import type { Target } from '../target.ts'
import { BatchSource } from './batch-source.ts'
import type { ConsumeOptions } from './consume-options.ts'
import { printProblem } from './problem.ts'

const DEFAULT_HEARTBEAT_SECONDS = 30

export function openSource(target: Target, options: ConsumeOptions, onReady = () => {}): BatchSource {
  const { transport, database, queue } = target
  const { onProblem = printProblem, heartbeatSeconds = DEFAULT_HEARTBEAT_SECONDS } = options
  return new BatchSource({
    transport,
    input: {
      database,
      queue,
      consumer: options.consumer,
      subconsumer: options.subconsumer,
      minCount: options.minCount,
      minIntervalSeconds: options.minIntervalSeconds,
      minLagSeconds: options.minLagSeconds,
      deadIntervalSeconds: options.deadIntervalSeconds,
      heartbeatSeconds: transport.isWatched ? null : heartbeatSeconds,
      standby: options.standby ?? false,
    },
    register: options.register ?? true,
    pageSize: options.pageSize ?? null,
    onReady,
    onLost: (error, retryInMs) => onProblem({ kind: 'connection', error, retryInMs }),
  })
}
