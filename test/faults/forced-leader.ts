import type { TickerStatus } from '../../src/ticker/ticker.ts'
import { openConnections } from '../support/connections.ts'
import { until } from '../support/deadline.ts'
import { startTcpProxy } from '../support/tcp-proxy.ts'
import { startTicker } from '../support/ticker.ts'
import { PatientClient } from './patient-client.ts'

/** Functions that let every gateway that asks for the lead have it, without its being recorded. */
const lies = `
  create or replace function pgq_gateway.sign_of_lies(i_gateway int4, i_leads bool, i_life uuid default null) returns bool
  language sql security definer as $$
    update pgq_gateway.gateway set seen_at = clock_timestamp() where gateway = i_gateway returning true
  $$;
  do $$
  begin
    execute replace(replace(pg_get_functiondef('pgq_gateway.ticker_step'::regproc), 'ticker_step(', 'ticker_leap('),
                    '_check_leader(i_gateway)', '_check_leader(null)');
  end $$`

export interface ForcedLeader extends AsyncDisposable {
  readonly status: TickerStatus
}

/**
 * A ticker that leads though another one does: on its way to the database what it asks becomes lies.
 * It waits for a database that is away.
 */
export async function startForcedLeader(databaseUrl: string): Promise<ForcedLeader> {
  const sql = new PatientClient(databaseUrl)
  await sql.patiently((client) => client.query(lies), 'functions that lie').finally(() => sql.end())
  const proxy = await startTcpProxy(databaseUrl)
  proxy.rewrite(['sign_of_life', 'sign_of_lies'], ['ticker_step', 'ticker_leap'])
  const database = openConnections(proxy.url)
  const ticker = startTicker(database)
  await until(() => ticker.status.state === 'leading', 'a leader by force', { timeoutMs: 60_000 })
  return {
    get status() {
      return ticker.status
    },
    async [Symbol.asyncDispose]() {
      await ticker.stop()
      await database.close()
      await proxy[Symbol.asyncDispose]()
    },
  }
}
