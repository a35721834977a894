import {
  GraphQLError,
  type GraphQLInputObjectType,
  type GraphQLInputType,
  type GraphQLLeafType,
  type GraphQLSchema,
  GraphQLString,
  isEnumType,
  isInputObjectType,
  isInputType,
  isListType,
  isNonNullType,
  print,
  typeFromAST,
  type VariableDefinitionNode,
  valueFromAST,
} from 'graphql'
import { ExactNumber } from '../json/exact-number.ts'
import { fieldOf, type Steps, unstorable } from './field-path.ts'
import type { VariablePlaces } from './value-steps.ts'

export type Variables = Readonly<Record<string, unknown>>

/** A variable of an operation, prepared for coercing its values. */
export interface Variable {
  name: string
  type: GraphQLInputType
  definition: VariableDefinitionNode
  /** Undefined for a variable that is used nowhere. */
  places: VariablePlaces | undefined
}

/** Reads the variables of a validated operation. @param places Uses of each variable, by name. */
export function readVariables(
  definitions: readonly VariableDefinitionNode[],
  schema: GraphQLSchema,
  places: ReadonlyMap<string, VariablePlaces>,
): Variable[] {
  return definitions.flatMap((definition) => {
    const name = definition.variable.name.value
    const type = typeFromAST(schema, definition.type as never) as GraphQLInputType | undefined
    return isInputType(type) ? [{ name, type, definition, places: places.get(name) }] : []
  })
}

/** Maximum number of errors reported for one request's variables. */
const MAX_ERRORS = 20

/**
 * Coerces the values of variables as the GraphQL specification says, and names the faulty field as every other error
 * does. A value that needs no change stays the same object, so that long lists of events are not copied. Texts that
 * PostgreSQL cannot hold are refused here, at any depth.
 *
 * @param tellsNames Whether errors may tell names of the schema that the client has not written.
 */
export function coerceVariables(
  variables: readonly Variable[],
  given: Variables,
  tellsNames = true,
): { values: Variables } | { errors: GraphQLError[] } {
  const errors: GraphQLError[] = []
  const values: Record<string, unknown> = {}
  for (const variable of variables) {
    const { name, type, definition, places } = variable
    const coercion = new Coercion(variable, errors, tellsNames)
    if (!Object.hasOwn(given, name)) {
      if (definition.defaultValue) values[name] = valueFromAST(definition.defaultValue, type)
      else if (isNonNullType(type)) {
        coercion.fail(`Variable "$${name}" of required type "${print(definition.type)}" was not provided.`)
      }
      continue
    }
    const value = given[name]
    if (value === null && isNonNullType(type)) {
      coercion.fail(`Variable "$${name}" of non-null type "${print(definition.type)}" must not be null.`)
    } else if (value === null && places?.nonNull) {
      const message = `Variable "$${name}" must not be null where it is used; leave it out to have the default.`
      coercion.fail(message, places.nonNull)
    } else {
      values[name] = coercion.coerce(value, type)
    }
  }
  return errors.length > 0 ? { errors } : { values }
}

/** Coerces the value of one variable. */
class Coercion {
  readonly #variable: Variable
  readonly #errors: GraphQLError[]
  readonly #tellsNames: boolean
  /** The way to the value at hand. One list serves all of them: a large value has many, and hardly any is at fault. */
  readonly #path: (string | number)[] = []

  constructor(variable: Variable, errors: GraphQLError[], tellsNames: boolean) {
    this.#tellsNames = tellsNames
    this.#variable = variable
    this.#errors = errors
  }

  coerce(value: unknown, type: GraphQLInputType): unknown {
    if (type === GraphQLString && typeof value === 'string') return this.#text(value)
    if (isNonNullType(type)) {
      if (value != null) return this.coerce(value, type.ofType)
      return this.#invalid(value, `Expected ${this.#named('non-nullable type', type)} not to be null.`)
    }
    if (value == null) return null
    if (isListType(type)) return this.#list(value, type.ofType)
    if (isInputObjectType(type)) return this.#object(value, type)
    return this.#leaf(value, type)
  }

  #within(step: string | number, value: unknown, type: GraphQLInputType): unknown {
    this.#path.push(step)
    const coerced = this.coerce(value, type)
    this.#path.pop()
    return coerced
  }

  #list(value: unknown, itemType: GraphQLInputType): unknown[] {
    if (!Array.isArray(value)) return [this.coerce(value, itemType)]
    let coerced: unknown[] = value
    for (let index = 0; index < value.length; index++) {
      const item = this.#within(index, value[index], itemType)
      if (item === value[index]) continue
      if (coerced === value) coerced = [...value]
      coerced[index] = item
    }
    return coerced
  }

  #object(value: unknown, type: GraphQLInputObjectType): unknown {
    if (typeof value !== 'object' || Array.isArray(value) || value instanceof ExactNumber) {
      return this.#invalid(value, `Expected ${this.#named('type', type)} to be an object.`)
    }
    const given = value as Record<string, unknown>
    const fields = type.getFields()
    let coerced = given
    const set = (name: string, field: unknown) => {
      if (coerced === given) coerced = { ...given }
      coerced[name] = field
    }
    for (const name in given) {
      const field = fields[name]
      if (!field) {
        this.#invalid(value, `Field "${name}" is not defined by ${this.#named('type', type)}.`)
        continue
      }
      const inner = this.#within(name, given[name], field.type)
      if (inner !== given[name]) set(name, inner)
    }
    for (const { name, type: fieldType, defaultValue } of neededFieldsOf(type)) {
      if (Object.hasOwn(given, name)) continue
      if (defaultValue !== undefined) set(name, defaultValue)
      else if (this.#tellsNames)
        this.#invalid(value, `Field "${name}" of required type "${fieldType}" was not provided.`)
      else this.#invalid(value, 'A required field was not provided.')
    }
    return coerced
  }

  #text(value: string): string {
    const fault = unstorable(value)
    if (fault) this.fail(`${fieldOf(this.#steps)} ${fault}`)
    return value
  }

  #leaf(value: unknown, type: GraphQLLeafType): unknown {
    try {
      return type.parseValue(value instanceof ExactNumber && !isJson(type) ? Number(value.text) : value)
    } catch (error) {
      const what = error instanceof GraphQLError ? '' : `Expected ${this.#named('type', type)}. `
      // The errors of enums list their values.
      const why =
        this.#tellsNames || !isEnumType(type)
          ? shortened((error as Error).message)
          : 'There is no such value.'
      return this.#invalid(value, what + why)
    }
  }

  #named(what: string, type: GraphQLInputType): string {
    return this.#tellsNames ? `${what} "${type}"` : `the ${what}`
  }

  #invalid(value: unknown, what: string): undefined {
    const { name } = this.#variable
    const at = this.#path.length > 0 ? ` at "${fieldOf([name, ...this.#path])}"` : ''
    this.fail(`Variable "$${name}" got invalid value ${shown(value)}${at}; ${what}`)
  }

  /** Path to the value at hand, by way of the variable's first use. */
  get #steps(): Steps {
    return [...(this.#variable.places?.first ?? []), ...this.#path]
  }

  fail(message: string, steps = this.#steps): void {
    if (this.#errors.length === MAX_ERRORS) return
    const field = fieldOf(steps)
    this.#errors.push(
      new GraphQLError(message, {
        nodes: this.#variable.definition,
        extensions: { code: 'BAD_INPUT', ...(field !== '' && { field }) },
      }),
    )
  }
}

/** Tells whether numbers of a type are kept as they are written; for all other types they are numbers of JavaScript. */
function isJson(type: GraphQLLeafType): boolean {
  return type.name === 'JSON'
}

const neededFields = new WeakMap<GraphQLInputObjectType, NeededField[]>()

interface NeededField {
  name: string
  type: GraphQLInputType
  defaultValue?: unknown
}

/** Finds the fields that matter when they are absent: those with a default, and those that are required. */
function neededFieldsOf(type: GraphQLInputObjectType): NeededField[] {
  let needed = neededFields.get(type)
  if (!needed) {
    needed = Object.values(type.getFields()).filter(
      (field) => field.defaultValue !== undefined || isNonNullType(field.type),
    )
    neededFields.set(type, needed)
  }
  return needed
}

/** Most characters of a value, or of a scalar's complaint about it, that an error repeats. */
const MAX_SHOWN = 200

function shown(value: unknown): string {
  if (value instanceof ExactNumber) return shortened(value.text)
  if (typeof value === 'object' && value !== null) return Array.isArray(value) ? 'a list' : 'an object'
  return shortened(typeof value === 'string' ? JSON.stringify(value) : String(value))
}

function shortened(text: string): string {
  return text.length > MAX_SHOWN ? `${text.slice(0, MAX_SHOWN)}…` : text
}
