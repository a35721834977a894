import { readFile } from 'node:fs/promises'
import type pg from 'pg'
import { PgqError } from '../errors.ts'
import { readPackageVersion } from './components.ts'

/** A revision of all that `sql` puts into a database. Each change there raises it: `npm run revise`. */
export interface SchemaRevision {
  /** Builds of equal numbers have equal SQL; integer >= 1. */
  number: number
  /** Builds of this revision and of later ones work with these schemas. */
  compatibleFrom: number
  /** The version of the package that it came with. */
  version: string
}

/** Reads the revision of this package. */
export async function readRevision(): Promise<SchemaRevision> {
  const text = await readFile(new URL('../../sql/revision.json', import.meta.url), 'utf8')
  const { number, compatibleFrom } = JSON.parse(text) as Omit<SchemaRevision, 'version'>
  return { number, compatibleFrom, version: await readPackageVersion() }
}

/** Reads the revision of a database; null where nothing is installed, or by a build from before revisions. */
export async function readInstalledRevision(client: pg.ClientBase): Promise<SchemaRevision | null> {
  const found = await client.query<{ exists: boolean }>(
    `select to_regclass('pgq_gateway.schema_revision') is not null as exists`,
  )
  if (!found.rows[0]?.exists) return null
  const { rows } = await client.query<SchemaRevision>(
    'select number, compatible_from as "compatibleFrom", version from pgq_gateway.schema_revision',
  )
  return rows[0] ?? null
}

/**
 * Says whether a newer build has installed what a database has, so that this one leaves it as it is.
 *
 * @throws PgqError `BAD_INPUT` where this build does not work with that.
 */
export function isOfNewerBuild(installed: SchemaRevision | null, ours: SchemaRevision): boolean {
  const reason = incompatibility(installed, ours)
  if (reason !== null) throw new PgqError('BAD_INPUT', reason)
  return installed !== null && installed.number > ours.number
}

/** Says why this build does not work with what a newer one has installed, and what to do; null where it does. */
export function incompatibility(installed: SchemaRevision | null, ours: SchemaRevision): string | null {
  if (installed === null || installed.compatibleFrom <= ours.number) return null
  return (
    `The database has schema revision ${installed.number}, of version ${installed.version}, which works with builds from revision ` +
    `${installed.compatibleFrom} on; this one, of version ${ours.version}, has ${ours.number}. Use version ${installed.version} or later.`
  )
}

/** Records the revision of this package. @returns Report lines. */
export async function recordRevision(
  client: pg.ClientBase,
  installed: SchemaRevision | null,
  { number, compatibleFrom, version }: SchemaRevision,
): Promise<string[]> {
  await client.query(
    `insert into pgq_gateway.schema_revision (number, compatible_from, version) values ($1, $2, $3)
     on conflict (is_only) do update
        set number = excluded.number, compatible_from = excluded.compatible_from, version = excluded.version`,
    [number, compatibleFrom, version],
  )
  if (installed?.number === number) return []
  const before = installed === null ? '' : ` from ${installed.number}`
  return [
    `raised the schema revision${before} to ${number}; builds from revision ${compatibleFrom} on work with it`,
  ]
}
