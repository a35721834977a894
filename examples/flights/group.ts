import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { Sighting, Tally } from './tally.ts'

export const GROUP = 'desk'
/** The interval is short, so that another worker soon gets the batch of the killed one. */
export const DEAD_INTERVAL_SECONDS = 2
const WORKERS = 4

export type WorkerMessage =
  | { kind: 'ready' }
  | { kind: 'seen'; sightings: Sighting[] }
  /** The worker that is to be killed sends this in the middle of a batch. */
  | { kind: 'halfway'; batchId: string }

export interface Group extends AsyncDisposable {
  /** The batch that was open in the worker that was killed; undefined until that has happened. */
  readonly killedInBatch: string | undefined
}

/**
 * Starts the workers, and kills one of them with SIGKILL in the middle of its first batch. The others come when that has
 * happened: else they might leave it none.
 */
export async function startGroup(url: string, queue: string, tally: Tally): Promise<Group> {
  const workers = new Set<ChildProcess>()
  let killedInBatch: string | undefined
  let isStopping = false
  const start = (number: number) =>
    new Promise<void>((resolve, reject) => {
      const fate = number === 1 ? 'doomed' : 'spared'
      const program = fileURLToPath(new URL('worker.js', import.meta.url))
      const worker = fork(program, [url, queue, `worker-${number}`, fate])
      workers.add(worker)
      worker.on('message', (message: WorkerMessage) => {
        if (message.kind === 'ready') resolve()
        if (message.kind === 'seen') tally.add(message.sightings)
        if (message.kind !== 'halfway') return
        killedInBatch = message.batchId
        worker.kill('SIGKILL')
        for (let other = 2; other <= WORKERS; other++) start(other).catch(() => {})
      })
      worker.once('exit', (code, signal) => {
        workers.delete(worker)
        const failure = new Error(`worker-${number} ended by itself: ${signal ?? code}`)
        reject(failure)
        if (!isStopping && signal !== 'SIGKILL') console.error(failure.message)
      })
    })
  const stop = async () => {
    isStopping = true
    await Promise.all(
      [...workers].map(async (worker) => {
        const exit = once(worker, 'exit')
        worker.kill('SIGTERM')
        await exit
      }),
    )
  }
  try {
    await start(1)
  } catch (error) {
    await stop()
    throw error
  }
  return {
    get killedInBatch() {
      return killedInBatch
    },
    [Symbol.asyncDispose]: stop,
  }
}
