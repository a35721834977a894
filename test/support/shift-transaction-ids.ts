import type pg from 'pg'

/**
 * Raises all transaction ids that PgQ has stored in a database, as if it had been dumped from a server that has given
 * out that many more. The rows get new versions, as they do by a restore.
 *
 * @param by int8
 */
export async function shiftTransactionIds(client: pg.ClientBase, by: bigint): Promise<void> {
  await client.query(`
    begin;
    update pgq.queue set queue_switch_step1 = queue_switch_step1 + ${by}, queue_switch_step2 = queue_switch_step2 + ${by};
    update pgq.tick set tick_snapshot = concat_ws(':',
      txid_snapshot_xmin(tick_snapshot) + ${by}, txid_snapshot_xmax(tick_snapshot) + ${by},
      coalesce((select string_agg((x + ${by})::text, ',' order by x) from txid_snapshot_xip(tick_snapshot) x), ''))::txid_snapshot;
    do $$ declare pfx text; begin
      for pfx in select queue_data_pfx from pgq.queue loop
        execute 'update ' || pfx || ' set ev_txid = ev_txid + ${by}';
      end loop;
    end $$;
    commit`)
}
