import type { defaultLimits } from '../defaults.ts'

/** What one request may ask of the resolvers; see `defaultLimits`. */
export type Limits = Pick<
  typeof defaultLimits,
  'maxPageSize' | 'maxEventsPerPage' | 'maxBatchEvents' | 'maxEventsPerRequest'
>
