import type { ErrorObject } from 'ajv/dist/2020.js'
import type { JsonObject } from './json.ts'
import type { TimeBudget } from './time-budget.ts'
import { type Check, compileSchema, describeError } from './validator.ts'

/** Says what is wrong with a document; `path` is a JSON pointer into it. */
export interface Fault {
  path: string
  what: string
}

/** Limits the text whose faults are all listed, in characters; a longer one could have a long list of them. */
const MAX_EXPLAINED_LENGTH = 16_384

/** Checks documents by a schema that was registered. */
export class CompiledSchema {
  readonly #schema: JsonObject
  readonly #checks: { first?: Check | undefined; all?: Check | undefined }

  constructor(schema: JsonObject) {
    this.#schema = schema
    this.#checks = { first: compileSchema(schema) }
  }

  /** Finds the first fault of a document that is given as text; null where it has none. Takes any time. */
  faultOf(text: string | null): Fault | null {
    if (text === null) return { path: '', what: 'has no payload' }
    let value: unknown
    try {
      value = JSON.parse(text)
    } catch {
      return { path: '', what: 'is not JSON' }
    }
    try {
      const [error] = this.#errorsOf(value, 'first')
      return error ? toFault(error) : null
    } catch (error) {
      // A schema that is used within itself follows the document down.
      if (error instanceof RangeError) return { path: '', what: 'is nested too deeply' }
      throw error
    }
  }

  /** Lists the faults of a document that is short, within the budget. @param first What `faultOf` has found. */
  faultsOf(text: string | null, first: Fault, budget: TimeBudget): Fault[] {
    let faults: Fault[] = []
    if (text === null || text.length > MAX_EXPLAINED_LENGTH) return [first]
    try {
      budget.run(() => {
        faults = this.#errorsOf(JSON.parse(text), 'all').map(toFault)
      })
    } catch {
      // The first fault is that it is not JSON, or nested too deeply.
    }
    return faults.length > 0 ? faults : [first]
  }

  #errorsOf(value: unknown, which: 'first' | 'all'): readonly ErrorObject[] {
    const check = this.#checks[which] ?? compileSchema(this.#schema, { allErrors: which === 'all' })
    // One that is cut off or runs out of stack may leave a pattern half way through a step, and is not used again.
    this.#checks[which] = undefined
    const errors = check(value)
    this.#checks[which] = check
    return errors
  }
}

/** Gives the first fault of each document, null where it has none, and one for all that the budget has no time for. */
export function checkDocuments(
  documents: readonly { schema: CompiledSchema; text: string | null }[],
  budget: TimeBudget,
): (Fault | null)[] {
  if (documents.length === 0) return []
  const faults: (Fault | null)[] = []
  budget.run(() => {
    // It goes on where it was cut off.
    for (const { schema, text } of documents.slice(faults.length)) faults.push(schema.faultOf(text))
  })
  return documents.map((_, index) => {
    const fault = faults[index]
    return fault === undefined ? { path: '', what: 'takes too long to check' } : fault
  })
}

function toFault(error: ErrorObject): Fault {
  return { path: error.instancePath, what: describeError(error) }
}
