import { type Flags, listOf, momentOf, textOf } from '../flags.ts'

/** Reads the flags that say which dead letters; null where none is given. @throws ConfigError */
export function filterOf(given: Flags): Record<string, unknown> | null {
  const types = listOf(given.type)
  const filter = {
    ...(types.length > 0 && { types }),
    reason: textOf(given.reason),
    reasonContains: textOf(given.grep),
    failedFrom: momentOf(given, 'since'),
    failedTo: momentOf(given, 'until'),
  }
  const conditions = Object.entries(filter).filter(([, value]) => value !== undefined)
  return conditions.length === 0 ? null : Object.fromEntries(conditions)
}
