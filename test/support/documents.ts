import fc from 'fast-check'
import {
  type GraphQLField,
  GraphQLInt,
  type GraphQLNamedType,
  type GraphQLSchema,
  getNamedType,
  isCompositeType,
  isObjectType,
  isRequiredArgument,
} from 'graphql'

/** Makes documents that select lists in lists, as deep and as large as they get, of the queue `big` and of all. */
export function documents(schema: GraphQLSchema): fc.Arbitrary<string> {
  const selection = (type: GraphQLNamedType, depth: number): fc.Arbitrary<string> => {
    if (!isObjectType(type)) return fc.constant('{ __typename }')
    const fields = Object.values(type.getFields()).filter((field) => canBeAsked(field, depth))
    if (fields.length === 0) return fc.constant('{ __typename }')
    return fc
      .subarray(fields, { minLength: 1 })
      .chain((chosen) => fc.tuple(...chosen.map((field) => asked(field, depth))))
      .map((texts) => `{ ${texts.join(' ')} }`)
  }
  const asked = (field: GraphQLField<unknown, unknown>, depth: number): fc.Arbitrary<string> => {
    const type = getNamedType(field.type)
    const sized = field.args.find(({ name }) => name === 'first')
    const size = sized ? fc.constantFrom('', '(first: 10)', '(first: 100)', '(first: 1000)') : fc.constant('')
    const named = field.name === 'queue' && field.args.length > 0 ? fc.constant('(name: "big")') : size
    return named.chain((args) =>
      isCompositeType(type)
        ? selection(type, depth + 1).map((inner) => `${field.name}${args} ${inner}`)
        : fc.constant(`${field.name}${args}`),
    )
  }
  const canBeAsked = ({ name, type, args }: GraphQLField<unknown, unknown>, depth: number) =>
    (depth < 9 || !isCompositeType(getNamedType(type))) &&
    (name === 'queue' || !args.some((arg) => isRequiredArgument(arg) && arg.type !== GraphQLInt))
  return selection(schema.getQueryType() as GraphQLNamedType, 0)
}
