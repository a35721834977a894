import type { Caller } from '../caller.ts'
import type { DatabaseView } from './database-view.ts'
import type { Limits } from './limits.ts'
import type { RequestBudget } from './request-budget.ts'

/** The context of every resolver. One is made per request, and per delivered message of a subscription. */
export interface Context {
  readonly caller: Caller
  readonly limits: Limits
  readonly budget: RequestBudget
  /**
   * Finds a database, as the caller may see it.
   *
   * @throws PgqError `NOT_FOUND` for a name that this gateway does not serve.
   */
  database(name: string): DatabaseView
}
