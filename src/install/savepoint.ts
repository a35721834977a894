import pg from 'pg'

/** Runs a statement that may fail without ending the transaction. @returns The server's error, if it failed. */
export async function savepoint(
  client: pg.ClientBase,
  statement: () => Promise<unknown>,
): Promise<pg.DatabaseError | undefined> {
  await client.query('savepoint install')
  try {
    await statement()
    await client.query('release savepoint install')
    return undefined
  } catch (error) {
    if (!(error instanceof pg.DatabaseError)) throw error
    await client.query('rollback to savepoint install; release savepoint install')
    return error
  }
}
