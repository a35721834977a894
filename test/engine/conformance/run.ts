import pg from 'pg'
import type { TestDatabase } from '../../support/database.ts'
import type { ConformanceCase } from './case.ts'

/** Result of a step: its rows with columns joined by `|`, warnings, or its error. */
export type Answer = string[]

const asText: pg.CustomTypesConfig = { getTypeParser: () => (value: unknown) => value }

/** Runs the steps of a case in a database made for it. */
export async function answersOf(database: TestDatabase, { steps }: ConformanceCase): Promise<Answer[]> {
  const sessions = new Map<string, { client: pg.Client; warnings: string[] }>()
  const session = async (name: string) => {
    const known = sessions.get(name)
    if (known) return known
    const client = new pg.Client({ connectionString: database.url, types: asText })
    const opened = { client, warnings: [] as string[] }
    client.on('error', () => {})
    client.on('notice', (notice) => {
      if (notice.severity === 'WARNING') opened.warnings.push(`WARNING: ${notice.message}`)
    })
    await client.connect()
    sessions.set(name, opened)
    return opened
  }
  const answers: Answer[] = []
  try {
    for (const step of steps) {
      const [, name = 'main', sql = step] = /^(\w+): ([\s\S]*)$/.exec(step) ?? []
      const { client, warnings } = await session(name)
      const answer = await ask(client, sql)
      answers.push([...warnings.splice(0), ...answer])
    }
  } finally {
    await Promise.all([...sessions.values()].map(({ client }) => client.end()))
  }
  return answers
}

async function ask(client: pg.Client, sql: string): Promise<Answer> {
  try {
    const result = await client.query<(string | null)[]>({ text: sql, rowMode: 'array' })
    const last = Array.isArray(result) ? (result as pg.QueryArrayResult<(string | null)[]>[]).at(-1) : result
    return (last?.rows ?? []).map((row) => row.map((value) => value ?? '∅').join('|'))
  } catch (error) {
    if (error instanceof pg.DatabaseError) return [`ERROR ${error.code}: ${error.message}`]
    throw error
  }
}

/** Removes the SQLSTATEs of PgQ's errors: upstream raises all as P0001 or XX000, ours tells them apart. */
export function withoutPgqSqlstates(answers: Answer[]): Answer[] {
  return answers.map((answer) =>
    answer.map((line) => line.replace(/^ERROR (?:P0001|XX000|PQ\d{3}): /, 'ERROR PgQ: ')),
  )
}
