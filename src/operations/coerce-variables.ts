import {
  GraphQLError,
  type GraphQLInputObjectType,
  type GraphQLInputType,
  type GraphQLLeafType,
  type GraphQLSchema,
  GraphQLString,
  isInputObjectType,
  isInputType,
  isListType,
  isNonNullType,
  print,
  typeFromAST,
  type VariableDefinitionNode,
  valueFromAST,
} from 'graphql'
import { fieldOf, type Steps, unstorable } from './field-path.ts'

export type Variables = Readonly<Record<string, unknown>>

/** A variable of an operation, prepared for coercing its values. */
export interface Variable {
  name: string
  type: GraphQLInputType
  definition: VariableDefinitionNode
  /** Path to the variable in the arguments of the first field that uses it. */
  place: Steps
}

/** Reads the variables of a validated operation. @param placeOf Path of each variable's first use, by name. */
export function readVariables(
  definitions: readonly VariableDefinitionNode[],
  schema: GraphQLSchema,
  placeOf: ReadonlyMap<string, Steps>,
): Variable[] {
  return definitions.flatMap((definition) => {
    const name = definition.variable.name.value
    const type = typeFromAST(schema, definition.type as never) as GraphQLInputType | undefined
    return isInputType(type) ? [{ name, type, definition, place: placeOf.get(name) ?? [] }] : []
  })
}

/** Maximum number of errors reported for one request's variables. */
const MAX_ERRORS = 20

/**
 * Coerces the values of variables as the GraphQL specification says, and names the faulty field as every other error
 * does. A value that needs no change stays the same object, so that long lists of events are not copied. Texts that
 * PostgreSQL cannot hold are refused here, at any depth.
 */
export function coerceVariables(
  variables: readonly Variable[],
  given: Variables,
): { values: Variables } | { errors: GraphQLError[] } {
  const coercion = new Coercion()
  const values: Record<string, unknown> = {}
  for (const variable of variables) {
    const { name, type, definition } = variable
    const fail = (what: string) => coercion.fail(variable, [], `Variable "$${name}" ${what}`)
    if (!Object.hasOwn(given, name)) {
      if (definition.defaultValue) values[name] = valueFromAST(definition.defaultValue, type)
      else if (isNonNullType(type)) fail(`of required type "${print(definition.type)}" was not provided.`)
      continue
    }
    const value = given[name]
    if (value === null && isNonNullType(type))
      fail(`of non-null type "${print(definition.type)}" must not be null.`)
    else values[name] = coercion.coerce(variable, value, type, [])
  }
  return coercion.errors.length > 0 ? { errors: coercion.errors } : { values }
}

class Coercion {
  readonly errors: GraphQLError[] = []

  coerce(variable: Variable, value: unknown, type: GraphQLInputType, path: Steps): unknown {
    if (isNonNullType(type)) {
      if (value != null) return this.coerce(variable, value, type.ofType, path)
      return this.#invalid(variable, path, value, `Expected non-nullable type "${type}" not to be null.`)
    }
    if (value == null) return null
    if (isListType(type)) return this.#list(variable, value, type.ofType, path)
    if (isInputObjectType(type)) return this.#object(variable, value, type, path)
    return this.#leaf(variable, value, type, path)
  }

  #list(variable: Variable, value: unknown, itemType: GraphQLInputType, path: Steps): unknown[] {
    if (!Array.isArray(value)) return [this.coerce(variable, value, itemType, path)]
    let coerced: unknown[] = value
    for (let index = 0; index < value.length; index++) {
      const item: unknown = this.coerce(variable, value[index], itemType, [...path, index])
      if (item === value[index]) continue
      if (coerced === value) coerced = [...value]
      coerced[index] = item
    }
    return coerced
  }

  #object(variable: Variable, value: unknown, type: GraphQLInputObjectType, path: Steps): unknown {
    if (typeof value !== 'object' || Array.isArray(value)) {
      return this.#invalid(variable, path, value, `Expected type "${type}" to be an object.`)
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
        this.#invalid(variable, path, value, `Field "${name}" is not defined by type "${type}".`)
        continue
      }
      const inner: unknown = this.coerce(variable, given[name], field.type, [...path, name])
      if (inner !== given[name]) set(name, inner)
    }
    for (const { name, type: fieldType, defaultValue } of neededFieldsOf(type)) {
      if (Object.hasOwn(given, name)) continue
      if (defaultValue !== undefined) set(name, defaultValue)
      else {
        const what = `Field "${name}" of required type "${fieldType}" was not provided.`
        this.#invalid(variable, path, value, what)
      }
    }
    return coerced
  }

  #leaf(variable: Variable, value: unknown, type: GraphQLLeafType, path: Steps): unknown {
    let leaf: unknown
    try {
      leaf = type.parseValue(value)
    } catch (error) {
      const what = error instanceof GraphQLError ? '' : `Expected type "${type.name}". `
      return this.#invalid(variable, path, value, what + shortened((error as Error).message))
    }
    if (type !== GraphQLString) return leaf
    const fault = unstorable(leaf as string)
    if (fault) this.fail(variable, path, `${fieldOf([...variable.place, ...path])} ${fault}`)
    return leaf
  }

  #invalid(variable: Variable, path: Steps, value: unknown, what: string): undefined {
    const at = path.length > 0 ? ` at "${fieldOf([variable.name, ...path])}"` : ''
    this.fail(variable, path, `Variable "$${variable.name}" got invalid value ${shown(value)}${at}; ${what}`)
  }

  fail({ definition, place }: Variable, path: Steps, message: string): void {
    if (this.errors.length === MAX_ERRORS) return
    const field = fieldOf([...place, ...path])
    this.errors.push(
      new GraphQLError(message, {
        nodes: definition,
        extensions: { code: 'BAD_INPUT', ...(field !== '' && { field }) },
      }),
    )
  }
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
  if (typeof value === 'object' && value !== null) return Array.isArray(value) ? 'a list' : 'an object'
  return shortened(JSON.stringify(value) ?? String(value))
}

function shortened(text: string): string {
  return text.length > MAX_SHOWN ? `${text.slice(0, MAX_SHOWN)}…` : text
}
