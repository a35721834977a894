import type { Place } from '../access/access.ts'
import type { Caller } from '../caller.ts'
import { PgqError } from '../errors.ts'
import type { MoverPlan } from '../mover-plan.ts'
import type { Mover, MoverStatus } from './mover.ts'
import type { Movers } from './movers.ts'

/** Leaves out movers into what the caller may not see the statistics of. */
export function visibleMovers({ access }: Caller, statuses: readonly MoverStatus[]): MoverStatus[] {
  return statuses.filter(({ plan }) => access.allows(['stats'], targetOf(plan)))
}

/** Says whether the caller may see the statistics of a source. */
export function isSourceVisible(
  { access }: Caller,
  { queue, consumer }: MoverPlan,
  database: string,
): boolean {
  return access.allows(['stats'], { database, queue, consumer })
}

function targetOf({ target, route }: MoverPlan): Place {
  return { database: target, queue: 'queue' in route ? route.queue : undefined }
}

/** Finds a mover by its target and name. @throws PgqError `NOT_FOUND`. */
export function requireMover(movers: Movers | null, database: string, name: string): Mover {
  const mover = movers && [...movers].find(({ plan }) => plan.name === name && plan.target === database)
  if (mover) return mover
  throw new PgqError('NOT_FOUND', 'This server has no mover of that name into that database', {
    field: 'mover',
  })
}
