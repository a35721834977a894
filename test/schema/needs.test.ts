import { readdir, readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { isIntrospectionType, isObjectType } from 'graphql'
import { expect, test } from 'vitest'
import { createPgqSchema } from '../../src/schema/index.ts'
import type { Needs } from '../../src/schema/needs.ts'

/** Relay's shells around objects: they hold what was chosen for the caller, and nothing else. */
const isShell = (name: string) => name === 'PageInfo' || /(Connection|Edge)$/.test(name)

test('every field says what it needs, itself or by its type', () => {
  const types = Object.values(createPgqSchema().getTypeMap())
  const objects = types
    .filter(isObjectType)
    .filter((type) => !isIntrospectionType(type) && !isShell(type.name))
  const silent = objects.flatMap((type) =>
    Object.values(type.getFields())
      .filter((field) => field.extensions.needs === undefined)
      .map((field) => `${type.name}.${field.name}`),
  )
  expect(objects.length).toBeGreaterThan(30)
  expect(silent).toEqual([])
})

/** Reads the files of a folder of src, all as one text. */
async function sourcesOf(folder: string): Promise<string> {
  const path = fileURLToPath(new URL(`../../src/${folder}/`, import.meta.url))
  const names = (await readdir(path, { recursive: true })).filter((name) => name.endsWith('.ts'))
  return (await Promise.all(names.map((name) => readFile(path + name, 'utf8')))).join('\n')
}

test('a field that is checked elsewhere names a function that there is', async () => {
  const sources = (await Promise.all(['resolvers', 'pubsub', 'mover'].map(sourcesOf))).join('\n')
  const checks = Object.values(createPgqSchema().getTypeMap())
    .filter(isObjectType)
    .flatMap((type) => Object.values(type.getFields()))
    .map(({ extensions }) => extensions.needs as Needs<unknown, unknown> | undefined)
    .flatMap((need) => (need?.kind === 'checked' ? [need.by] : []))
    // These two are no functions: a method of the context, and what each Node type has.
    .filter((by) => by !== 'context.databases' && by !== 'the loadOne of each type')
  expect(checks.length).toBeGreaterThan(20)
  expect(checks.filter((by) => !new RegExp(`function ${by}\\b`).test(sources))).toEqual([])
})
