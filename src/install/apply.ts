import pg from 'pg'
import { PgqError } from '../errors.ts'
import type { Component, SqlFile } from './components.ts'
import { dropUnchanged, readFunctions, replaceFunction } from './functions.ts'
import { grantObjects } from './grants.ts'

/** Keeps what the installer has done: the components that are there, and which of their migrations have run. */
export const bookkeeping = `
  create schema if not exists pgq_gateway;
  create table if not exists pgq_gateway.installed (component text primary key, version text not null,
    checksum text not null, installed_at timestamptz not null default now());
  create table if not exists pgq_gateway.migration (component text, name text,
    applied_at timestamptz not null default now(), primary key (component, name))`

/**
 * Brings a component up to date: runs the migrations that are not recorded, then all other files. @returns Report lines.
 *
 * @throws PgqError `BAD_INPUT` where a newer build has been, so that an older one takes nothing away from it.
 */
export async function apply(
  client: pg.ClientBase,
  component: Component,
  installedVersion: string | undefined,
): Promise<string[]> {
  const { name, version, checksum, migrations, views, functions, grants } = component
  const run = async (file: SqlFile, how = ({ text }: SqlFile): Promise<unknown> => client.query(text)) => {
    try {
      await how(file)
    } catch (error) {
      if (error instanceof pg.DatabaseError) error.message = `${name}/${file.path}: ${error.message}`
      throw error
    }
  }
  const { rows } = await client.query<{ name: string }>(
    'select name from pgq_gateway.migration where component = $1',
    [name],
  )
  const unknown = rows.filter((row) => !migrations.some((file) => file.name === row.name))
  if (unknown.length > 0) {
    const names = unknown.map((row) => row.name).sort()
    throw new PgqError(
      'BAD_INPUT',
      `Schema ${name} was changed by a newer build, whose migration ${names.join(', ')} this one does not know: use that build.`,
    )
  }
  const missing = migrations.filter((file) => !rows.some((row) => row.name === file.name))
  for (const file of missing) {
    await run(file)
    await client.query('insert into pgq_gateway.migration (component, name) values ($1, $2)', [
      name,
      file.name,
    ])
  }
  // The other schemas may hold functions of users, and nothing there is dropped.
  const isOursAlone = name === 'pgq_gateway'
  const before = isOursAlone ? await readFunctions(client) : []
  for (const file of views) await run(file)
  for (const file of functions) {
    await run(file, isOursAlone ? (each) => replaceFunction(client, each) : undefined)
  }
  const dropped = await dropUnchanged(client, before)
  for (const file of grants) await run(file)
  await grantObjects(client, component)
  await client.query(
    `insert into pgq_gateway.installed (component, version, checksum) values ($1, $2, $3)
     on conflict (component) do update
        set version = excluded.version, checksum = excluded.checksum, installed_at = now()`,
    [name, version, checksum],
  )
  const made = `${views.length > 0 ? `${views.length} views and ` : ''}the functions of ${functions.length} names`
  return [
    installedVersion === undefined
      ? `installed schema ${name} ${version} with ${made}`
      : `updated schema ${name} from ${installedVersion} to ${version}, replacing ${made}`,
    ...missing.map((file) => `applied migration ${file.name} of schema ${name}`),
    ...dropped.map((signature) => `dropped function ${signature}`),
  ]
}
