import { readFile } from 'node:fs/promises'
import { buildSchema } from 'graphql'
import { describe, expect, it, test } from 'vitest'
import { createProgram } from '../../src/cli/program.ts'
import { allOptions } from '../../src/config/options.ts'
import * as library from '../../src/index.ts'
import { Sessions } from '../engine/sessions.ts'
import { createTestDatabase, eachEngine, sqlEngines } from '../support/database.ts'
import { startTestServer } from '../support/server.ts'
import { compileCalls, type Given, type OperationKind, runGraphql, runSql } from './pgq/calls.ts'
import { publicFunctions } from './pgq/public-functions.ts'
import { type Scene, setScene } from './pgq/scene.ts'
import { callsIn, readTable, type Snippet } from './pgq/table.ts'
import { readersFolder } from './programs.ts'

const calls = await readTable('SQL', 'GraphQL', 'Client')
const words = await readTable('PgQ, Skytools', 'Here')
const sqlSnippets = calls.get('SQL') ?? []
const graphqlSnippets = calls.get('GraphQL') ?? []
const clientSnippets = calls.get('Client') ?? []
/** What the table of other words has of ours. */
const answers = (words.get('Here') ?? []).map(({ code }) => code)
/** Tells whether the client's compiler knows more of it. */
const isExpression = (code: string) => /^(client|batch)\.|\)$/.test(code)
const schema = buildSchema(await readFile(new URL('../../schema.graphql', import.meta.url), 'utf8'))

function kindOf(code: string): OperationKind {
  const name = /^\w+/.exec(code)?.[0] ?? ''
  if (schema.getQueryType()?.getFields()[name]) return 'query'
  return schema.getMutationType()?.getFields()[name] ? 'mutation' : 'subscription'
}

/** Says where a snippet gave something else than the document says, if it did. */
function differences(snippet: Snippet, given: Given): string[] {
  const { code, gives } = snippet
  const isSame = gives === undefined ? given !== undefined && !given.startsWith('fails: ') : given === gives
  return isSame ? [] : [`${code} gives ${given ?? 'nothing'}, and not ${gives ?? 'anything'}`]
}

/** Says of a snippet what it gives on the extension, which lacks the functions of one group. */
function onExtension(snippet: Snippet): Snippet {
  return snippet.group.includes("on this project's engine only")
    ? { ...snippet, gives: 'fails: 42883' }
    : snippet
}

test('docs/pgq.md has every public function of PgQ', () => {
  const documented = sqlSnippets.flatMap(({ code }) => callsIn(code))
  const countIn = (names: string[], name: string) => names.filter((each) => each === name).length
  const isMissing = (name: string) => countIn(documented, name) < countIn(publicFunctions, name)
  expect(publicFunctions.filter(isMissing)).toEqual([])
})

describe.each(eachEngine)('docs/pgq.md on %s', (engine) => {
  it('says what the SQL gives', async () => {
    await using database = await createTestDatabase(engine)
    await using sessions = new Sessions(database)
    const scene = await setScene(sessions, '')
    const found: string[] = []
    for (const snippet of sqlSnippets) {
      const documented = sqlEngines.includes(engine) ? snippet : onExtension(snippet)
      found.push(...differences(documented, await runSql(snippet.code, scene, sessions)))
    }
    expect(found).toEqual([])
  }, 30_000)

  it('says what the GraphQL gives', async () => {
    await using server = await startTestServer({ engine, ticker: false })
    await using sessions = new Sessions(server.fixture)
    const unchanged = await setScene(sessions, '', server.url)
    const found: string[] = []
    for (const [index, snippet] of graphqlSnippets.entries()) {
      const kind = kindOf(snippet.code)
      const scene = kind === 'query' ? unchanged : await setScene(sessions, `-${index}`, server.url)
      found.push(...differences(snippet, await runGraphql(snippet.code, kind, scene, server.url)))
    }
    expect(found).toEqual([])
  }, 60_000)
})

test('docs/pgq.md says what the client gives, and the compiler knows all of it', async () => {
  await using server = await startTestServer({ ticker: false })
  await using sessions = new Sessions(server.fixture)
  const programs: (Snippet & { scene: Scene })[] = []
  for (const [index, snippet] of clientSnippets.entries()) {
    programs.push({ ...snippet, scene: await setScene(sessions, `-${index}`) })
  }
  const others = answers.filter((code) => isExpression(code))
  expect(others.length).toBeGreaterThan(3)
  await using folder = await readersFolder()
  const run = await compileCalls(folder.path, programs, others, server.url)
  const found: string[] = []
  for (const program of programs) found.push(...differences(program, await run(program)))
  expect(found).toEqual([])
}, 120_000)

test('docs/pgq.md answers other words with nothing that does not exist', async () => {
  await using database = await createTestDatabase()
  await using sessions = new Sessions(database)
  const sqlNames = await sessions.ask(
    `select pronamespace::regnamespace || '.' || proname from pg_proc union select nspname from pg_namespace
      union select rolname from pg_roles`,
  )
  const types = Object.values(schema.getTypeMap())
  const fields = types.flatMap((type) => ('getFields' in type ? Object.values(type.getFields()) : []))
  const program = createProgram()
  const known = new Set([
    ...sqlNames,
    ...fields.flatMap((field) => [
      field.name,
      ...('args' in field ? field.args.map((argument: { name: string }) => argument.name) : []),
    ]),
    ...program.commands.map((command) => `pgq-graphql ${command.name()}`),
    ...program.commands.flatMap(({ options }) => options.map(({ long }) => long)),
    ...allOptions.map(({ variable }) => variable),
    ...Object.keys(library),
  ])
  expect(answers.filter((code) => !isExpression(code) && !known.has(code))).toEqual([])
})
