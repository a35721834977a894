import { createContext, Script } from 'node:vm'

const sandbox: { work: (() => void) | undefined } = { work: undefined }
const context = createContext(sandbox)
const script = new Script('work()')

/**
 * Runs `work` here and now, and ends it after `timeoutMs`, be it in the middle of a regular expression. Costs about 0.1 ms.
 *
 * @returns Whether it came to its end.
 */
export function runBounded(work: () => void, timeoutMs: number): boolean {
  sandbox.work = work
  try {
    script.runInContext(context, { timeout: Math.max(1, Math.ceil(timeoutMs)) })
    return true
  } catch (error) {
    if ((error as { code?: unknown }).code === 'ERR_SCRIPT_EXECUTION_TIMEOUT') return false
    throw error
  } finally {
    sandbox.work = undefined
  }
}
