import {
  type GraphQLInputObjectType,
  type GraphQLInputType,
  GraphQLNonNull,
  GraphQLScalarType,
  type GraphQLSchema,
  GraphQLString,
  getNamedType,
  isInputObjectType,
  isListType,
  isNonNullType,
  valueFromAST,
} from 'graphql'

/**
 * Publishing a thousand events, graphql spends more time on looking at each of their fields than PostgreSQL on inserting
 * them. This makes a list of events one value to graphql, which is taken as it is when nothing is wrong with it.
 *
 * The schema's own check of texts does not look into such a list, so every way into it has one: variables of this schema
 * must be clean, and a document must have no `\u` in it, or its texts may not be. What is wrong is refused without a
 * word: whoever executes with this schema must have another one to explain it.
 *
 * @param schema Changed in place; not used for anything else.
 */
export function withEventInputs(schema: GraphQLSchema): GraphQLSchema {
  const types = schema.getTypeMap()
  for (const type of Object.values(types)) {
    if (!isInputObjectType(type)) continue
    for (const field of Object.values(type.getFields())) {
      if (isEventInputList(field.type)) field.type = quickList(field.type)
      else if (type.name === 'EventInput' && field.type === GraphQLString) field.type = CleanString
    }
  }
  // The type of variables that are a String; arguments and fields keep theirs.
  types.String = CleanString
  return schema
}

function isEventInputList(type: GraphQLInputType): boolean {
  return isNonNullType(type) && isListType(type.ofType) && getNamedType(type).name === 'EventInput'
}

function quickList(type: GraphQLInputType): GraphQLInputType {
  const fields = Object.values((getNamedType(type) as GraphQLInputObjectType).getFields())
  const isText = new Map(fields.map(({ name, type }) => [name, getNamedType(type).name === 'String']))
  const parseValue = (value: unknown) => {
    if (Array.isArray(value) && value.every((event) => isEventInput(event, isText))) return value
    throw new TypeError('Not a list of events')
  }
  return new GraphQLNonNull(
    new GraphQLScalarType<unknown>({
      name: 'EventInputList',
      parseValue,
      parseLiteral: (node, variables) => valueFromAST(node, type, variables),
    }),
  )
}

/** What graphql and the schema's check of texts would find, without saying what: all fields are optional, texts or JSON. */
function isEventInput(event: unknown, isText: ReadonlyMap<string, boolean>): boolean {
  if (typeof event !== 'object' || event === null || Array.isArray(event)) return false
  for (const name in event) {
    const value = (event as Record<string, unknown>)[name]
    switch (isText.get(name)) {
      case undefined:
        return false
      case true:
        if (value !== null && !isCleanText(value)) return false
    }
  }
  return true
}

const CleanString = new GraphQLScalarType<string>({
  name: 'String',
  parseValue(value) {
    if (isCleanText(value)) return value
    throw new TypeError('Not a text that PostgreSQL can hold')
  },
})

function isCleanText(value: unknown): value is string {
  return typeof value === 'string' && !value.includes('\0') && value.isWellFormed()
}
