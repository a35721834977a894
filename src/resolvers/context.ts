import type { Databases } from '../database/databases.ts'
import type { Limits } from './limits.ts'
import type { Loaders } from './loaders.ts'

/** What every resolver is given. One is made per request, and per delivered message of a subscription. */
export interface Context {
  readonly databases: Databases
  readonly limits: Limits
  /** Collects the look-ups of one request, so that lists cost a constant number of statements. */
  readonly loaders: Loaders
}
