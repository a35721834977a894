import { describe, expect, it } from 'vitest'
import { availableEngines, createTestDatabase } from '../../support/database.ts'
import { engineChoice } from '../../support/engines.ts'
import { Sessions } from '../sessions.ts'

/**
 * A failure of upstream's engine that ours does not have. The scenario runs on every engine; its answer shows the
 * failure on the extension, so the test of ours is known to be able to fail.
 */
export function pitfall<Answer>(
  title: string,
  answers: { upstream: Answer; ours: Answer },
  scenario: (sessions: Sessions) => Promise<Answer>,
): void {
  describe(title, () => {
    it.each(availableEngines)('%s', async (engine) => {
      await using database = await createTestDatabase(engine)
      await using sessions = new Sessions(database)
      const expected = engineChoice(engine) === 'extension' ? answers.upstream : answers.ours
      expect(await scenario(sessions)).toEqual(expected)
    })
  })
}
