import type { Statement } from '../../postgres/call.ts'
import type { Database } from '../../postgres/database.ts'

/** How the sources of a mover are shared, for one gateway; see `pgq_gateway.share_mover`. */
export interface MoverShare {
  /** Number of sources that it should give up. */
  toGive: number
  hasEnough: boolean
}

const shareStatement: Statement = {
  name: 'share-mover',
  role: 'writer',
  text: 'select to_give as "toGive", has_enough as "hasEnough" from pgq_gateway.share_mover($1, $2, $3, $4)',
}

/** Tells the target how many sources this gateway has, and finds out what its share is. */
export async function shareMover(
  database: Database,
  { mover, held, standingBy }: { mover: string; held: number; standingBy: number },
): Promise<MoverShare | undefined> {
  const values = [mover, database.gatewayId, held, standingBy]
  const [row] = await database.call<MoverShare>(shareStatement, values)
  return row
}
