import { expect, test } from 'vitest'
import { finishBatch } from '../../../src/resolvers/batches/finish-batch.ts'
import { nextBatch } from '../../../src/resolvers/batches/next-batch.ts'
import { registerConsumer } from '../../../src/resolvers/consumers/consumers.ts'
import { insertEvents } from '../../../src/resolvers/publishing/publishing.ts'
import { createQueue } from '../../../src/resolvers/queues/queues.ts'
import { tick } from '../../../src/resolvers/ticks/ticks.ts'
import { createTestContext } from '../../support/context.ts'
import { createTestDatabase } from '../../support/database.ts'

const where = { database: 'main', queue: 'q' }

test('a settlement whose reply was lost is known as settled, however many batches others have settled since', async () => {
  await using fixture = await createTestDatabase()
  const database = await fixture.open()
  await using _database = { [Symbol.asyncDispose]: () => database.close() }
  const context = createTestContext(database)
  await createQueue(context, { database: 'main', name: 'q' })
  await registerConsumer(context, { ...where, consumer: 'c' })
  const open = async () => {
    await insertEvents(context, { ...where, events: [{ type: 'x' }] })
    await tick(context, { ...where, force: true })
    const batch = await nextBatch(context, { ...where, consumer: 'c' })
    return { database: 'main', batchId: batch?.batchId ?? '', leaseToken: batch?.leaseToken }
  }
  const first = await open()
  expect(await finishBatch(context, first)).toBe(true)
  // The worker that waits for the reply has lost its connection, and others take over.
  const lost = await open()
  const taken = await nextBatch(context, { ...where, consumer: 'c' })
  expect(await finishBatch(context, { ...lost, leaseToken: taken?.leaseToken })).toBe(true)
  expect(await finishBatch(context, await open())).toBe(true)
  expect(await finishBatch(context, first)).toBe(false)
  await expect(finishBatch(context, lost)).rejects.toMatchObject({ code: 'STALE_LEASE' })
})
