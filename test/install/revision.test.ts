import { describe, expect, it, test } from 'vitest'
import { createTestDatabase } from '../support/database.ts'
import { format, keeps, type Offer, readInterface, readOffers } from './interface.ts'
import { currentChecksum, readRevisionFile } from './revise.ts'

const revision = await readRevisionFile()
const promised = await readInterface()

// After a change of the SQL: npm run revise
test('the schema revision was raised with the last change of the SQL', async () => {
  expect(revision.checksum).toBe(await currentChecksum(revision.compatibleFrom))
  expect(revision.compatibleFrom).toBeLessThanOrEqual(revision.number)
})

describe('the list of what gateways use', () => {
  it('has nothing that the SQL no longer offers to builds that are compatible', async () => {
    const offers = await offersOfNow()
    const broken = promised.filter((each) => !offers.some((offer) => keeps(offer, each)))
    // Such builds may run beside this one. Keep it, and let its line end with "until" and the last revision that uses it.
    expect(broken.map(({ line }) => line)).toEqual([])
  })

  it('has all that the SQL offers', async () => {
    const lines = promised.map((each) => format(each))
    const missing = (await offersOfNow()).map(format).filter((line) => !lines.includes(line))
    expect(missing).toEqual([])
  })

  it('has nothing that is kept for builds which are no longer compatible', () => {
    const needless = promised.filter(({ until }) => until !== undefined && until < revision.compatibleFrom)
    expect(needless.map(({ line }) => line)).toEqual([])
  })
})

async function offersOfNow(): Promise<Offer[]> {
  await using database = await createTestDatabase()
  const client = await database.connect()
  const offers = await readOffers(client)
  await client.end()
  return offers
}

describe('statements of older builds', () => {
  const offer: Offer = {
    kind: 'function',
    name: 'f',
    parameters: ['i_a text', 'i_b bigint?'],
    result: 'setof record',
    columns: ['c text', 'd integer'],
  }
  const relation: Offer = { ...offer, kind: 'relation', parameters: [], result: 'columns' }

  it.each([
    ['a parameter more that may be left out', { parameters: [...offer.parameters, 'i_c text?'] }],
    ['a column more', { columns: ['e text', ...offer.columns] }],
    ['a parameter that may be left out now', { parameters: ['i_a text?', 'i_b bigint?'] }],
  ])('work with %s', (_what, change) => {
    expect(keeps({ ...offer, ...change }, offer)).toBe(true)
  })

  it.each([
    ['another name', { name: 'g' }],
    ['a parameter more', { parameters: [...offer.parameters, 'i_c text'] }],
    ['a parameter less', { parameters: ['i_a text'] }],
    ['another type of a parameter', { parameters: ['i_a json', 'i_b bigint?'] }],
    ['another name of a parameter', { parameters: ['i_x text', 'i_b bigint?'] }],
    ['a parameter that may not be left out any more', { parameters: ['i_a text', 'i_b bigint'] }],
    ['another result', { result: 'record' }],
    ['a column less', { columns: ['c text'] }],
    ['another type of a column', { columns: ['c text', 'd bigint'] }],
  ])('do not work with %s', (_what, change) => {
    expect(keeps({ ...offer, ...change }, offer)).toBe(false)
  })

  it('work with a column more of what they read, and not of what they make', () => {
    const grown = { ...relation, columns: [...relation.columns, 'e text'] }
    expect(keeps(grown, relation)).toBe(true)
    expect(keeps({ ...grown, kind: 'input' }, { ...relation, kind: 'input' })).toBe(false)
  })
})
