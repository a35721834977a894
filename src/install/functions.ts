import type pg from 'pg'
import type { SqlFile } from './components.ts'
import { savepoint } from './savepoint.ts'

/** Describes a function of schema `pgq_gateway`, which is this package's alone. */
interface InstalledFunction {
  /** The signature has the schema and the argument types. */
  signature: string
  /** The state changes with each `create or replace`. */
  state: string
}

export async function readFunctions(client: pg.ClientBase): Promise<InstalledFunction[]> {
  const { rows } = await client.query<InstalledFunction>(
    `select oid::regprocedure::text as signature, oid || ' ' || xmin as state
       from pg_proc where pronamespace = to_regnamespace('pgq_gateway') order by 1`,
  )
  return rows
}

/**
 * Runs a function's file. PostgreSQL cannot replace a function by one with other names of arguments or another result;
 * all functions of that name are dropped first then.
 */
export async function replaceFunction(client: pg.ClientBase, { name, text }: SqlFile): Promise<void> {
  const failure = await savepoint(client, text)
  if (failure && failure.code !== '42P13') throw failure
  if (!failure) return
  const all = await readFunctions(client)
  await dropFunctions(
    client,
    all.filter(({ signature }) => signature.startsWith(`pgq_gateway.${name}(`)),
  )
  await client.query(text)
}

/**
 * Drops the functions that an installation has left as they were: no file makes them any more.
 *
 * @returns The signatures of all that were there before and are gone.
 */
export async function dropUnchanged(
  client: pg.ClientBase,
  before: readonly InstalledFunction[],
): Promise<string[]> {
  const states = new Set(before.map(({ state }) => state))
  const now = await readFunctions(client)
  await dropFunctions(
    client,
    now.filter(({ state }) => states.has(state)),
  )
  const made = new Set(now.flatMap(({ state, signature }) => (states.has(state) ? [] : [signature])))
  return before.map(({ signature }) => signature).filter((signature) => !made.has(signature))
}

async function dropFunctions(client: pg.ClientBase, functions: readonly InstalledFunction[]): Promise<void> {
  if (functions.length === 0) return
  await client.query(`drop routine ${functions.map(({ signature }) => signature).join(', ')}`)
}
