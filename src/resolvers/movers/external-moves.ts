import type { Int8 } from '../../int8.ts'
import type { ArrayText } from '../../postgres/array-text.ts'
import type { Statement } from '../../postgres/call.ts'
import type { Database } from '../../postgres/database.ts'
import { headOf, type MoveHead, type MoveOutcome } from './moves.ts'

/** Whether a move may be made. */
export interface Admission {
  outcome: 'admitted' | Exclude<MoveOutcome['outcome'], 'moved'>
  reason: string | null
  /** Events up to this id are there already; null where nothing is admitted. */
  appliedId: Int8 | null
}

const admitStatement: Statement = {
  name: 'admit-external-move',
  role: 'writer',
  text: 'select outcome, reason, applied_id as "appliedId" from pgq_gateway.admit_external_move($1, $2)',
}

/** Asks the database that keeps a mover's records whether a move to elsewhere may be made. */
export async function admitExternalMove(
  database: Database,
  mover: string,
  move: MoveHead,
): Promise<Admission> {
  const [admission] = await database.call<Admission>(admitStatement, [mover, JSON.stringify(headOf(move))])
  if (!admission) throw new Error('admit_external_move has returned no row')
  return admission
}

const recordStatement: Statement = {
  name: 'record-external-move',
  role: 'writer',
  text: 'select outcome, reason from pgq_gateway.record_external_move($1, $2, $3)',
}

/** Records a move that was made elsewhere. @param ids Those of its events. */
export async function recordExternalMove(
  database: Database,
  mover: string,
  move: MoveHead,
  ids: ArrayText,
): Promise<MoveOutcome> {
  const [outcome] = await database.call<MoveOutcome>(recordStatement, [
    mover,
    JSON.stringify(headOf(move)),
    ids,
  ])
  if (!outcome) throw new Error('record_external_move has returned no row')
  return outcome
}
