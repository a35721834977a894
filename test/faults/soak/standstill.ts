import { setTimeout as delay } from 'node:timers/promises'
import type { Ledger } from '../ledger.ts'
import { PatientClient } from '../patient-client.ts'

const TURN_MS = 50
/** A member is to be heard of four times in its dead interval of a second. */
const STANDSTILL_MS = 400

/**
 * Notes when this machine itself stands still: whoever cannot run, or is not answered by the database, gives no sign of
 * life, and counts as dead by right. What takes a gateway long though this had its turns is no excuse for it.
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
