import fc from 'fast-check'
import { expect, it } from 'vitest'
import { createTestDatabase, sqlEngines } from '../../support/database.ts'
import { Sessions } from '../sessions.ts'
import { actions, Model } from './model.ts'
import { randomRuns } from './runs.ts'

// The extension fails this (see the pitfalls), so only our engine runs it.

it.each(sqlEngines)(
  'on %s each committed event reaches each consumer exactly once, whatever happens',
  { timeout: 20 * 60_000 },
  async (engine) => {
    await using database = await createTestDatabase(engine)
    await using sessions = new Sessions(database)
    let count = 0
    await fc.assert(
      fc.asyncProperty(actions, async (sequence) => {
        const queue = `q${++count}`
        const model = new Model(sessions, queue)
        await model.start()
        for (const action of sequence) await model.apply(action)
        await model.settle()
        expect(model.complaints()).toEqual([])
        await sessions.ask(`select pgq.drop_queue('${queue}', true)`)
      }),
      randomRuns(`exactly once on ${engine}`),
    )
  },
)
