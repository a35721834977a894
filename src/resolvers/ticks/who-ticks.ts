import type { Statement } from '../../postgres/call.ts'
import type { Database } from '../../postgres/database.ts'
import type { Loader } from '../loader.ts'

/** A row of `pgq_gateway.who_ticks`; names, hosts and process ids are null where there is no such session. */
export interface Ticking {
  /** Null also where the gateway that leads shares its sessions with others. */
  leaderPid: number | null
  /** Null where no gateway leads. */
  leaderName: string | null
  leaderHost: string | null
  programPid: number | null
  programName: string | null
  programHost: string | null
  /** Number of queues that a ticker has to tick. */
  queueCount: number
  /** Number of those whose tick is overdue. */
  overdueCount: number
}

/** Who makes the ticks of a database. */
export type TickMaker = 'thisServer' | 'anotherServer' | 'anotherProgram' | 'nobody'

const statement: Statement = {
  name: 'who-ticks',
  role: 'reader',
  kind: 'listing',
  text: `select leader_pid as "leaderPid", leader_name as "leaderName", leader_host as "leaderHost",
      program_pid as "programPid", program_name as "programName", program_host as "programHost",
      queue_count as "queueCount", overdue_count as "overdueCount"
    from pgq_gateway.who_ticks()`,
}

export async function findTicking(database: Database): Promise<Ticking> {
  const [row] = await database.call<Ticking>(statement)
  if (!row) throw new TypeError('who_ticks returned no row')
  return row
}

/** Finds who ticks, once for all fields of a request. */
export const ticking: Loader<'ticking', Ticking> = async (database) => {
  const found = await findTicking(database)
  return () => found
}

/**
 * Says who makes the ticks. Nobody does when every tick is overdue, whoever is connected for it.
 *
 * @param isLeader Says whether this process has the lead.
 */
export function tickMaker(
  { leaderName, programPid, queueCount, overdueCount }: Ticking,
  isLeader: boolean,
): TickMaker {
  if (queueCount > 0 && overdueCount === queueCount) return 'nobody'
  if (leaderName !== null) return isLeader ? 'thisServer' : 'anotherServer'
  return programPid === null ? 'nobody' : 'anotherProgram'
}
