import type { ErrorObject, ValidateFunction } from 'ajv/dist/2020.js'
import { costExponent } from './cost.ts'
import type { JsonObject } from './json.ts'
import { runBounded } from './run-bounded.ts'
import { compileSchema, describeError } from './validator.ts'

/** What is wrong with a document; `path` is a JSON pointer into it. */
export interface Fault {
  path: string
  what: string
}

/** The time that may be spent on checks which can be slow; they take from it. */
export interface CheckBudget {
  remainingMs: number
}

/** Steps that take some ten milliseconds at the worst. */
const MAX_UNBOUNDED_STEPS = 1e7
/** A longer document with many faults would make a long list of them first. */
const MAX_EXPLAINED_LENGTH = 16_384

/** A schema that was registered, ready to check documents. */
export class CompiledSchema {
  readonly #schema: JsonObject
  readonly #validate: ValidateFunction
  readonly #exponent: number
  #explain: ValidateFunction | undefined

  constructor(schema: JsonObject) {
    this.#schema = schema
    this.#validate = compileSchema(schema)
    this.#exponent = costExponent(schema)
  }

  /** The first fault of a document that is given as text; null where it has none. */
  faultOf(text: string | null, budget: CheckBudget): Fault | null {
    if (text === null) return { path: '', what: 'has no payload' }
    let value: unknown
    try {
      value = JSON.parse(text)
    } catch {
      return { path: '', what: 'is not JSON' }
    }
    return this.#exponent === 1 ? this.#check(value) : this.#checkWithin(budget, value, text.length)
  }

  /** As `faultOf`, and more of its faults where that costs little. */
  faultsOf(text: string | null, budget: CheckBudget): Fault[] {
    const first = this.faultOf(text, budget)
    if (!first) return []
    if (text === null || text.length > MAX_EXPLAINED_LENGTH || this.#exponent > 1) return [first]
    this.#explain ??= compileSchema(this.#schema, { allErrors: true })
    try {
      this.#explain(JSON.parse(text))
    } catch {
      return [first]
    }
    return this.#explain.errors?.map(toFault) ?? [first]
  }

  #check(value: unknown): Fault | null {
    try {
      if (this.#validate(value)) return null
    } catch (error) {
      // A schema that is used within itself follows the document down.
      if (error instanceof RangeError) return { path: '', what: 'is nested too deeply' }
      throw error
    }
    const [error] = this.#validate.errors ?? []
    return error ? toFault(error) : { path: '', what: 'does not match' }
  }

  #checkWithin(budget: CheckBudget, value: unknown, length: number): Fault | null {
    const tooSlow = { path: '', what: 'takes too long to check' }
    if (budget.remainingMs <= 0) return tooSlow
    let fault: Fault | null = tooSlow
    const check = () => {
      fault = this.#check(value)
    }
    const start = performance.now()
    const isBounded = length ** this.#exponent > MAX_UNBOUNDED_STEPS
    if (isBounded && !runBounded(check, budget.remainingMs)) budget.remainingMs = 0
    else if (!isBounded) check()
    budget.remainingMs -= performance.now() - start
    return fault
  }
}

function toFault(error: ErrorObject): Fault {
  return { path: error.instancePath, what: describeError(error) }
}
