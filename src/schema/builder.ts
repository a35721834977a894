import SchemaBuilder from '@pothos/core'
import ComplexityPlugin from '@pothos/plugin-complexity'
import RelayPlugin from '@pothos/plugin-relay'
import { PgqError } from '../errors.ts'
import type { Int8 } from '../int8.ts'
import type { SchemaContext } from './context.ts'
import needsPlugin, { checked } from './needs.ts'

export const builder = new SchemaBuilder<{
  Context: SchemaContext
  DefaultFieldNullability: false
  Scalars: {
    ID: { Input: string; Output: string }
    String: { Input: string; Output: string }
    BigInt: { Input: Int8; Output: Int8 }
    DateTime: { Input: string; Output: string }
    JSON: { Input: unknown; Output: unknown }
  }
  DefaultEdgesNullability: false
  DefaultNodeNullability: false
}>({
  plugins: [RelayPlugin, ComplexityPlugin, needsPlugin],
  // Operations are checked before they run; see operations/operation-cost.ts.
  complexity: { disabled: true, defaultListMultiplier: 1 },
  defaultFieldNullability: false,
  relay: {
    cursorType: 'String',
    edgesFieldOptions: { nullable: false },
    nodeFieldOptions: { nullable: false },
    nodesQueryOptions: false,
    nodeQueryOptions: {
      needs: checked('the loadOne of each type'),
      description: 'Any object with an id; null when it is gone.',
    },
    nodesOnConnection: true,
    encodeGlobalID: (typename, id) => Buffer.from(`${typename}:${id}`).toString('base64url'),
    decodeGlobalID: (globalId) => {
      const [, typename, id] = /^(\w+):(.+)$/s.exec(Buffer.from(globalId, 'base64url').toString()) ?? []
      if (typename === undefined || id === undefined) {
        throw new PgqError('BAD_INPUT', 'This is not an id of this API; pass one that a Node returned', {
          field: 'id',
        })
      }
      return { typename, id }
    },
  },
})

builder.queryType({})
builder.mutationType({})
builder.subscriptionType({})
