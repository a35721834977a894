import type { defaultLimits } from '../defaults.ts'

/** Limits on one request to the resolvers; see `defaultLimits`. */
export type Limits = Pick<
  typeof defaultLimits,
  'maxPageSize' | 'maxEventsPerPage' | 'maxEventBytes' | 'maxBatchEvents' | 'maxEventsPerRequest' | 'maxCost'
>
