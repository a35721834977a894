import { inject } from 'vitest'
import type { EngineName, PreparedEngine } from './engines.ts'

/** What was made ready for the worker that runs this. */
export function preparedEngines(): Partial<Record<EngineName, PreparedEngine>> {
  return inject('engines')[Number(process.env.VITEST_POOL_ID) - 1] ?? {}
}
