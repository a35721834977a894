import { createContext, Script } from 'node:vm'

/** Limits how long one statement's checks keep the event loop from all other work, in milliseconds. */
const MAX_MS = 500

const sandbox: { work: (() => void) | undefined } = { work: undefined }
const context = createContext(sandbox)
const script = new Script('work()')

/**
 * Bounds the time that pieces of work take together, each within one turn of the event loop. Time counts while work
 * runs, by the clock or by the processor, whichever says less: a machine busy with something else spends nothing.
 */
export class TimeBudget {
  #leftMs: number

  /** @param ms Milliseconds, 500 by default. */
  constructor(ms = MAX_MS) {
    this.#leftMs = ms
  }

  /**
   * Runs `work` here and now, and ends it when the time is spent. Costs about 0.1 ms. `work` is cut off at any place,
   * without its `finally`, and is called again where the clock ended it before the processor agrees.
   *
   * @returns Whether it came to its end.
   */
  run(work: () => void): boolean {
    while (this.#leftMs > 0) {
      const start = performance.now()
      const usageAtStart = process.cpuUsage()
      try {
        if (isDoneWithin(this.#leftMs, work)) return true
      } finally {
        const { user, system } = process.cpuUsage(usageAtStart)
        this.#leftMs -= Math.min(performance.now() - start, (user + system) / 1000)
      }
    }
    return false
  }
}

function isDoneWithin(ms: number, work: () => void): boolean {
  sandbox.work = work
  try {
    script.runInContext(context, { timeout: Math.ceil(ms) })
    return true
  } catch (error) {
    if ((error as { code?: unknown }).code === 'ERR_SCRIPT_EXECUTION_TIMEOUT') return false
    throw error
  } finally {
    sandbox.work = undefined
  }
}
