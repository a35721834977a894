import { inject } from 'vitest'
import type { PreparedEngines } from './engines.ts'

/** Returns the engines of the worker that runs this, in the order of preparation. */
export function preparedEngines(): PreparedEngines {
  return inject('engines')[Number(process.env.VITEST_POOL_ID) - 1] ?? {}
}
