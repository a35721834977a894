import pg from 'pg'
import type { SqlFile } from './components.ts'

/** Of schema `pgq_gateway`, which is this package's alone. */
interface InstalledFunction {
  /** With schema and argument types. */
  signature: string
  /** Tells each state of a function from those before: `create or replace` makes a new one. */
  state: string
}

export async function readFunctions(client: pg.ClientBase): Promise<InstalledFunction[]> {
  const { rows } = await client.query<InstalledFunction>(
    `select oid::regprocedure::text as signature, oid || ' ' || xmin as state
       from pg_proc where pronamespace = to_regnamespace('pgq_gateway')`,
  )
  return rows
}

/**
 * Runs the file of a function, which is named after it. Where the function is there with other names of arguments or
 * another result, which cannot be replaced, it is dropped first, and all of its name with it.
 */
export async function replaceFunction(client: pg.ClientBase, file: SqlFile): Promise<void> {
  try {
    await client.query(`savepoint install;\n${file.text};\nrelease savepoint install`)
  } catch (error) {
    if (!(error instanceof pg.DatabaseError && error.code === '42P13')) throw error
    await client.query('rollback to savepoint install; release savepoint install')
    const [, name] = /([^/]+)\.sql$/.exec(file.name) ?? []
    const ofThatName = (await readFunctions(client)).filter(({ signature }) =>
      signature.startsWith(`pgq_gateway.${name}(`),
    )
    await dropFunctions(client, ofThatName)
    await client.query(file.text)
  }
}

/** Drops what an installation has left as it was: no file makes it any more. */
export async function dropUnchanged(
  client: pg.ClientBase,
  before: readonly InstalledFunction[],
): Promise<void> {
  const states = new Set(before.map(({ state }) => state))
  const now = await readFunctions(client)
  await dropFunctions(
    client,
    now.filter(({ state }) => states.has(state)),
  )
}

async function dropFunctions(client: pg.ClientBase, functions: readonly InstalledFunction[]): Promise<void> {
  if (functions.length === 0) return
  await client.query(`drop routine ${functions.map(({ signature }) => signature).join(', ')}`)
}
