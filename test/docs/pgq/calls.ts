import { access, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import pg from 'pg'
import type { Event, OpenBatch, PgqClient } from '../../../client/src/index.ts'
import type { Sessions } from '../../engine/sessions.ts'
import { request, subscribe } from '../../support/graphql.ts'
import { compilePrograms } from '../programs.ts'
import { meaningOf, type Scene, withQueues } from './scene.ts'

/** What a snippet gave; undefined for nothing. A failure begins with `fails: `. */
export type Given = string | undefined

/** Runs SQL, and undoes it. @returns the first value that is not null. */
export async function runSql(code: string, scene: Scene, sessions: Sessions): Promise<Given> {
  const client = await sessions.client('main')
  const sql = withQueues(code, scene).replaceAll(/(?<![:\w]):([a-z]+)/g, (_, name) => meaningOf(name, scene))
  await client.query('begin')
  try {
    const { rows } = await client.query({ text: sql, rowMode: 'array' })
    const value = rows.flat().find((each: unknown) => each !== null)
    return value === undefined ? undefined : String(value)
  } catch (error) {
    if (error instanceof pg.DatabaseError) return `fails: ${error.code}`
    throw error
  } finally {
    await client.query('rollback')
  }
}

export type OperationKind = 'query' | 'mutation' | 'subscription'

/** Sends a field as an operation of its own. @returns the first value in the answer that is not null. */
export async function runGraphql(
  code: string,
  kind: OperationKind,
  scene: Scene,
  url: string,
): Promise<Given> {
  const owner = code.includes('$share') ? 'share' : 'batch'
  const field = withQueues(code, scene).replaceAll(/\$([a-z]+)/g, (_, name) =>
    JSON.stringify(name === 'lease' ? scene.leases[owner] : meaningOf(name, scene)),
  )
  if (kind === 'subscription') {
    await using stream = subscribe('SSE', url, `subscription { ${field} }`)
    const { data, errors } = await stream.next()
    return errors ? `fails: ${JSON.stringify(errors)}` : firstValue(data)
  }
  const { data, errors } = await request(url, `${kind} { ${field} }`)
  return errors ? `fails: ${JSON.stringify(errors)}` : firstValue(data)
}

function firstValue(data: unknown): Given {
  if (data === null || data === undefined) return undefined
  if (typeof data !== 'object') return String(data)
  for (const value of Object.values(data)) {
    const found = firstValue(value)
    if (found !== undefined) return found
  }
  return undefined
}

type ClientCall = (batch: OpenBatch | undefined, event: Event | undefined, tick: string) => unknown

/**
 * Compiles expressions, each for its scene, in a reader's folder; and others, which are only to compile.
 *
 * @returns A function that evaluates one, and gives its value, the first value of an iterator, or `done` where a batch
 *   takes note.
 */
export async function compileCalls(
  folder: string,
  programs: readonly { code: string; scene: Scene }[],
  others: readonly string[],
  url: string,
): Promise<(program: { code: string; scene: Scene }) => Promise<Given>> {
  await access(fileURLToPath(new URL('../../../client/dist/index.js', import.meta.url))).catch(() => {
    throw new Error('The client is not built. Run: npm run build')
  })
  const functionsOf = (codes: string[]) =>
    codes.map((code) => `  (batch: OpenBatch, event: Event, tick: string) => ${code},\n`).join('')
  await writeFile(
    join(folder, 'calls.ts'),
    `import { createClient, type Event, fail, type OpenBatch, retry } from '@pgq-graphql/client'
export const client = createClient({ url: '${url}' })
export const calls = [\n${functionsOf(programs.map(({ code, scene }) => withQueues(code, scene)))}]
export const others = [\n${functionsOf([...others, 'retry()', 'fail()'])}]\n`,
  )
  await compilePrograms(folder, ['calls.ts'])
  const compiled = await import(pathToFileURL(join(folder, 'out/calls.js')).href)
  const client: PgqClient = compiled.client
  return async (program) => {
    const { code, scene } = program
    const call: ClientCall = compiled.calls[programs.indexOf(program)]
    const { tick } = scene.values
    if (!/^batch\b/.test(code)) return textOf(await settled(call(undefined, undefined, tick)))
    const batches = client.batches(`orders${scene.suffix}`, { consumer: 'billing' })
    const { value: batch } = await batches.next()
    const given = textOf(await settled(call(batch ?? undefined, batch?.events.at(-1), tick)))
    await batches.return?.()
    return given ?? 'done'
  }
}

/** Waits for a promise, for the first value of an iterator, or until a consumption has begun and is stopped. */
async function settled(result: unknown): Promise<unknown> {
  if (typeof result !== 'object' || result === null) return result
  if ('stop' in result && 'ready' in result) {
    const consumption = result as ReturnType<PgqClient['consume']>
    await consumption.ready
    await consumption.stop()
    return 'consumed'
  }
  if (!(Symbol.asyncIterator in result)) return result
  const iterator = result as AsyncIterableIterator<unknown>
  const { value } = await iterator.next()
  await iterator.return?.()
  return value
}

function textOf(value: unknown): Given {
  if (value === undefined || value === null) return undefined
  return typeof value === 'object' ? JSON.stringify(value) : String(value)
}
