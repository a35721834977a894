import {
  extendSchema,
  type GraphQLResolveInfo,
  type GraphQLSchema,
  isInterfaceType,
  isObjectType,
  isUnionType,
  parse,
  printSchema,
} from 'graphql'
import { PgqError } from '../errors.ts'

/**
 * Makes the schema a subgraph of Apollo Federation 2: `_service` gives its SDL, in which every Node type has the key
 * `id`, and `_entities` finds nodes by that key. This is written by hand because the libraries for it also load the
 * composition of supergraphs.
 */
export function toSubgraph(schema: GraphQLSchema): GraphQLSchema {
  const nodeTypes = Object.values(schema.getTypeMap()).filter(
    (type) => isObjectType(type) && type.getInterfaces().some(({ name }) => name === 'Node'),
  )
  const names = nodeTypes.map(({ name }) => name)
  const sdl = [
    'extend schema @link(url: "https://specs.apollo.dev/federation/v2.3", import: ["@key", "@shareable"])',
    names.reduce(
      (text, name) =>
        text.replace(`type ${name} implements Node {`, `type ${name} implements Node @key(fields: "id") {`),
      printSchema(schema).replace('type PageInfo {', 'type PageInfo @shareable {'),
    ),
  ].join('\n\n')
  const extended = extendSchema(
    schema,
    parse(`
      scalar _Any
      union _Entity = ${names.join(' | ')}
      type _Service { sdl: String! }
      extend type Query {
        _service: _Service!
        _entities(representations: [_Any!]!): [_Entity]!
      }`),
  )
  extended.description = schema.description
  const fields = extended.getQueryType()?.getFields() ?? {}
  const { _service, _entities, node } = fields
  const entity = extended.getType('_Entity')
  const nodeInterface = schema.getType('Node')
  if (!_service || !_entities || !node?.resolve || !isUnionType(entity) || !isInterfaceType(nodeInterface)) {
    throw new Error('the schema has no Node')
  }
  const findNode = node.resolve
  _service.resolve = () => ({ sdl })
  _entities.resolve = (
    parent,
    args: { representations: unknown[] },
    context: unknown,
    info: GraphQLResolveInfo,
  ) =>
    args.representations.map((representation) =>
      findNode(parent, { id: idOf(representation) }, context, info),
    )
  entity.resolveType = nodeInterface.resolveType ?? undefined
  return extended
}

function idOf(representation: unknown): string {
  const { id } = (representation ?? {}) as { id?: unknown }
  if (typeof id === 'string') return id
  throw new PgqError('BAD_INPUT', 'A representation needs the id of its node', { field: 'representations' })
}
