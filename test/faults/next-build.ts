import { appendFile, cp, readdir, readFile, rename, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { readRevisionFile } from '../install/revise.ts'
import { type TemporaryDirectory, temporaryDirectory } from '../support/temporary-directory.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))

/** A build that is newer than this one by a revision. */
export interface NextBuild extends TemporaryDirectory {
  readonly revision: number
}

/**
 * Makes of this build, which must be in `dist`, what could be the next one: it has a table with a column more, a function
 * with an argument more beside a wrapper for this build, a private function with other names of arguments, and a private
 * one under another name.
 */
export async function makeNextBuild(): Promise<NextBuild> {
  const folder = await temporaryDirectory()
  const path = (file: string) => join(folder.path, file)
  for (const each of ['dist', 'sql', 'package.json']) {
    await cp(join(root, each), path(each), { recursive: true })
  }
  await symlink(join(root, 'node_modules'), path('node_modules'))
  const edit = async (file: string, ...changes: [from: string, to: string][]) => {
    const before = await readFile(path(file), 'utf8')
    const after = changes.reduce((text, [from, to]) => text.replaceAll(from, to), before)
    if (after === before) throw new Error(`${file} has nothing of what the next build changes`)
    await writeFile(path(file), after)
  }

  const { version } = JSON.parse(await readFile(path('package.json'), 'utf8'))
  await edit('package.json', [`"version": "${version}"`, '"version": "99.0.0"'])
  const { number, compatibleFrom } = await readRevisionFile()
  const revision = number + 1
  await writeFile(path('sql/revision.json'), JSON.stringify({ number: revision, compatibleFrom }))

  const functions = 'sql/gateway/functions/batches/'
  await writeFile(
    path('sql/gateway/migrations/999-lease-note.sql'),
    'alter table pgq_gateway.lease add column note text',
  )
  await edit(
    `${functions}finish_batch.sql`,
    ['i_failure_reasons text[])', 'i_failure_reasons text[], i_note text)'],
    ['has_staged = false', 'has_staged = false, note = i_note'],
  )
  await appendFile(path(`${functions}finish_batch.sql`), wrapper)
  const given = '$1, $2, $3, $4, $5, $6, $7'
  await edit('dist/resolvers/batches/finish-batch.js', [
    `'pgq_gateway.finish_batch(${given})'`,
    `"pgq_gateway.finish_batch(${given}, 'settled by the next build')"`,
  ])

  await edit(`${functions}_hold_batch.sql`, ['i_token', 'i_lease'])
  await rename(path(`${functions}_check_events.sql`), path(`${functions}_check_contained.sql`))
  for (const file of await readdir(path('sql/gateway/functions'), { recursive: true })) {
    if (!file.endsWith('.sql')) continue
    const text = await readFile(path(`sql/gateway/functions/${file}`), 'utf8')
    const renamed = text.replaceAll('._check_events(', '._check_contained(')
    if (renamed !== text) await writeFile(path(`sql/gateway/functions/${file}`), renamed)
  }
  return { ...folder, revision }
}

const wrapper = `
create or replace function pgq_gateway.finish_batch(
    i_batch_id bigint, i_token uuid, i_gateway int4,
    i_retry_ids bigint[], i_retry_after_seconds float8[], i_failure_ids bigint[], i_failure_reasons text[])
returns bool
language sql set search_path = pg_catalog, pg_temp
as $$ select pgq_gateway.finish_batch($1, $2, $3, $4, $5, $6, $7, 'settled by the build before') $$;
`
