import { setTimeout as delay } from 'node:timers/promises'
import type { Ledger } from '../ledger.ts'
import { PatientClient } from '../patient-client.ts'

const TURN_MS = 50
/** Longest standstill without effect: a member gives a sign of life every quarter of its dead interval of 1 s. */
const STANDSTILL_MS = 400

/**
 * Records as a fault when this machine itself stands still: a process that cannot run, or that the database does not
 * answer, gives no sign of life and rightly counts as dead. A gateway that is slow while this runs has no such excuse.
 */
export function watchForStandstill(ledger: Ledger, databaseUrl: string): AsyncDisposable {
  const stopping = new AbortController()
  const watching = watch(ledger, databaseUrl, stopping.signal)
  return {
    async [Symbol.asyncDispose]() {
      stopping.abort()
      await watching
    },
  }
}

async function watch(ledger: Ledger, databaseUrl: string, signal: AbortSignal): Promise<void> {
  const sql = new PatientClient(databaseUrl)
  for (let turnAt = performance.now(); !signal.aborted; ) {
    await delay(TURN_MS)
    await sql.use((client) => client.query('select txid_current()')).catch(() => {})
    const endedAt = performance.now()
    if (endedAt - turnAt > STANDSTILL_MS) ledger.note({ name: 'standstill', startedAt: turnAt, endedAt })
    turnAt = endedAt
  }
  await sql.end()
}
