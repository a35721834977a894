import type { PageInput } from '../resolvers/page.ts'
import type { SchemaContext } from './context.ts'

/** Fields that a row of a page counts for, besides its own: it is read from the database. */
const ROW_COST = 10
/** Fields that a statement counts for, whatever it finds. */
const STATEMENT_COST = 100

/**
 * Makes the cost of a field that reads a page of rows.
 *
 * @param usualRows What is counted where a client leaves the size to the server.
 */
export function pageCost(usualRows = 100) {
  return ({ first, last }: PageInput, { limits }: Pick<SchemaContext, 'limits'>) =>
    // The resolver refuses other sizes, and names the argument.
    rowsCost(Math.min(Math.max(0, first ?? last ?? usualRows), limits.maxPageSize))
}

/** Makes the cost of a field that reads a list whose size only the database knows. */
export function rowsCost(usualRows: number) {
  return { field: STATEMENT_COST + ROW_COST * usualRows, multiplier: usualRows }
}

/** The cost of a field that reads up to so many events of a batch, each of which is copied, not executed. */
export function eventsCost(first?: number | null) {
  return {
    field: STATEMENT_COST + 6 * Math.min(Math.max(0, first ?? USUAL_EVENTS), USUAL_EVENTS),
    multiplier: 1,
  }
}

const USUAL_EVENTS = 10_000

/** The cost of a field that looks up to so many samples up: they are read at once, and are a few numbers each. */
export function samplesCost(samples: number) {
  return { field: ROW_COST + 2 * Math.min(Math.max(0, samples), USUAL_SAMPLES), multiplier: 1 }
}

const USUAL_SAMPLES = 1_000

/** The cost of a field that reads a figure about a whole database. */
export const statementCost = STATEMENT_COST

/** The cost of a field that looks one row up, along with those of other rows. */
export const lookUpCost = ROW_COST
