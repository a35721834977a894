import { readFile, writeFile } from 'node:fs/promises'
import { afterAll, describe, expect, it } from 'vitest'
import { availableEngines, createTestDatabase } from '../../support/database.ts'
import { batchCases, retryCases } from './cases/batch.ts'
import { consumerCases, coopCases } from './cases/consumer.ts'
import { eventCases } from './cases/event.ts'
import { queueCases } from './cases/queue.ts'
import { maintenanceCases, tickerCases } from './cases/ticker.ts'
import { triggerCases } from './cases/trigger.ts'
import { type Answer, answersOf, withoutPgqSqlstates } from './run.ts'

/** Recorded answers; `upstream` exists only where it differs from ours in more than SQLSTATEs of PgQ's own errors. */
interface Answers {
  ours: Answer[]
  upstream?: Answer[]
}

const file = new URL('answers.json', import.meta.url)
// PGQ_RECORD=1 writes the answers instead of comparing with them: the diff shows what changed.
const isRecording = process.env.PGQ_RECORD === '1'
const answers = JSON.parse(await readFile(file, 'utf8')) as Record<string, Answers>
const cases = [
  ...queueCases,
  ...eventCases,
  ...batchCases,
  ...retryCases,
  ...consumerCases,
  ...coopCases,
  ...tickerCases,
  ...maintenanceCases,
  ...triggerCases,
]

it('gives each case an id of its own and an answer, and each answer a case', () => {
  const ids = cases.map(({ id }) => id)
  expect(new Set(ids).size).toBe(ids.length)
  if (!isRecording) expect(Object.keys(answers).sort()).toEqual([...ids].sort())
})

it.each(cases)('$id differs from upstream only where the case says why', ({ id, departure }) => {
  if (isRecording) return
  expect(answers[id]?.upstream !== undefined).toBe(departure !== undefined)
})

const recorded: Record<string, Answers> = {}

describe.each(availableEngines)('%s', (engine) => {
  it.each(cases)('$id', async (conformanceCase) => {
    await using database = await createTestDatabase(engine)
    const given = await answersOf(database, conformanceCase)
    const expected = answers[conformanceCase.id]
    if (isRecording) {
      record(conformanceCase.id, engine, given)
    } else if (engine === 'extension-15') {
      expect(withoutPgqSqlstates(given)).toEqual(
        withoutPgqSqlstates(expected?.upstream ?? expected?.ours ?? []),
      )
    } else {
      expect(given).toEqual(expected?.ours)
    }
  })
})

function record(id: string, engine: string, given: Answer[]): void {
  const known = recorded[id]
  if (!known) {
    recorded[id] = { ours: given }
  } else if (engine === 'extension-15') {
    if (JSON.stringify(withoutPgqSqlstates(given)) !== JSON.stringify(withoutPgqSqlstates(known.ours)))
      known.upstream = given
  } else {
    expect(given).toEqual(known.ours)
  }
}

afterAll(async () => {
  if (isRecording) await writeFile(file, `${JSON.stringify(recorded, null, 2)}\n`)
})
