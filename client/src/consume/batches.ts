import { interruptible } from '../interruptible.ts'
import type { Target } from '../target.ts'
import type { OpenBatch } from './batch.ts'
import type { ConsumeOptions } from './consume-options.ts'
import { openSource } from './open-source.ts'

/**
 * Gives batches to `for await`; each is settled with its `finish` before the next is asked for. Leaving the loop
 * leaves a batch that is not settled open, for the next worker.
 */
export function batches(target: Target, options: ConsumeOptions): AsyncIterableIterator<OpenBatch, void> {
  return interruptible(options.signal, (signal) => generate(target, options, signal))
}

async function* generate(
  target: Target,
  options: ConsumeOptions,
  signal: AbortSignal,
): AsyncGenerator<OpenBatch, void> {
  const source = openSource(target, options)
  const disconnect = () => source.disconnect()
  if (signal.aborted) disconnect()
  else signal.addEventListener('abort', disconnect)
  try {
    for (let opened = await source.next(); opened; opened = await source.next()) {
      yield opened.attempt(1)
      if (opened.lease.isHeld) {
        throw new TypeError(`Batch ${opened.lease.batchId} must be finished before the next is asked for`)
      }
    }
  } finally {
    signal.removeEventListener('abort', disconnect)
    source.giveUp(new DOMException('The iteration has ended', 'AbortError'))
  }
}
