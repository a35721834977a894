import { type Arena, measure, turns } from './arena.ts'

const ROWS = 2_000

/** Measures a row change under each trigger function; upstream's are in C. Both figures include the table's cost. */
export async function measureTriggers({ clients, question }: Arena, rounds: number): Promise<void> {
  for (const client of Object.values(clients)) {
    await client.query(`select pgq.create_queue('changes')`)
    for (const name of ['none', 'jsontriga', 'logutriga', 'sqltriga']) {
      await client.query(
        `create table item_${name} (id int primary key, title text, price numeric(8, 2), sold bool, changed timestamptz)`,
      )
      if (name === 'none') continue
      await client.query(
        `create trigger log after insert or update or delete on item_${name} for each row execute function pgq.${name}('changes')`,
      )
    }
  }
  for (let round = 0; round < rounds; round++) {
    for (const name of ['none', 'jsontriga', 'logutriga', 'sqltriga']) {
      for (const engine of turns(round)) {
        const what = name === 'none' ? 'row inserted without a trigger' : `row inserted under pgq.${name}`
        const insert = `insert into item_${name} select n, 'a "title"', 12.5, true, now() from generate_series(1, ${ROWS}) n`
        const client = clients[engine]
        await measure(
          question(what, 'µs', 'less'),
          [engine, client],
          () => client.query(insert),
          1_000 / ROWS,
        )
        await client.query(`truncate item_${name}`)
      }
    }
  }
}
