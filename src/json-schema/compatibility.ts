import type { JsonObject } from './json.ts'

export interface BreakingChange {
  path: string
  what: string
}

export function findBreakingChanges(_older: JsonObject, _newer: JsonObject): BreakingChange[] {
  return []
}
