import pg from 'pg'

/** Runs SQL that may fail without ending the transaction. @returns The server's error, if it failed. */
export async function savepoint(client: pg.ClientBase, sql: string): Promise<pg.DatabaseError | undefined> {
  try {
    await client.query(`savepoint install;\n${sql};\nrelease savepoint install`)
    return undefined
  } catch (error) {
    if (!(error instanceof pg.DatabaseError)) throw error
    await client.query('rollback to savepoint install; release savepoint install')
    return error
  }
}
