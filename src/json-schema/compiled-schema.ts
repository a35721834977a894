import type { ErrorObject } from 'ajv/dist/2020.js'
import { type Cost, costOf } from './cost.ts'
import type { JsonObject } from './json.ts'
import type { TimeBudget } from './time-budget.ts'
import { type Check, compileSchema, describeError } from './validator.ts'

/** What is wrong with a document; `path` is a JSON pointer into it. */
export interface Fault {
  path: string
  what: string
}

/** Steps that take some ten milliseconds at the worst; mostly they take much less. */
const MAX_UNBOUNDED_STEPS = 1e6
/** A longer document with many faults would make a long list of them first. */
const MAX_EXPLAINED_LENGTH = 16_384

/** A schema that was registered, ready to check documents. */
export class CompiledSchema {
  readonly #schema: JsonObject
  readonly #errorsOf: Check
  readonly #cost: Cost
  #explain: Check | undefined

  constructor(schema: JsonObject) {
    this.#schema = schema
    this.#errorsOf = compileSchema(schema)
    this.#cost = costOf(schema)
  }

  /** The first fault of a document that is given as text; null where it has none. */
  faultOf(text: string | null, budget: TimeBudget): Fault | null {
    if (text === null) return { path: '', what: 'has no payload' }
    const tooSlow = { path: '', what: 'takes too long to check' }
    if (budget.isSpent) return tooSlow
    let value: unknown
    try {
      value = JSON.parse(text)
    } catch {
      return { path: '', what: 'is not JSON' }
    }
    if (!this.#isSlow(text)) return this.#check(value)
    let fault: Fault | null = null
    const isDone = budget.run(() => {
      fault = this.#check(value)
    })
    return isDone ? fault : tooSlow
  }

  /** As many faults of a document as cost little to find. @param first What `faultOf` has found. */
  faultsOf(text: string | null, first: Fault): Fault[] {
    if (text === null || text.length > MAX_EXPLAINED_LENGTH || this.#isSlow(text)) return [first]
    this.#explain ??= compileSchema(this.#schema, { allErrors: true })
    try {
      const faults = this.#explain(JSON.parse(text)).map(toFault)
      return faults.length > 0 ? faults : [first]
    } catch {
      return [first]
    }
  }

  #isSlow(text: string): boolean {
    return this.#cost.isRecursive || text.length * this.#cost.steps > MAX_UNBOUNDED_STEPS
  }

  #check(value: unknown): Fault | null {
    try {
      const [error] = this.#errorsOf(value)
      return error ? toFault(error) : null
    } catch (error) {
      // A schema that is used within itself follows the document down.
      if (error instanceof RangeError) return { path: '', what: 'is nested too deeply' }
      throw error
    }
  }
}

function toFault(error: ErrorObject): Fault {
  return { path: error.instancePath, what: describeError(error) }
}
