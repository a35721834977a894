import type { CodegenConfig } from '@graphql-codegen/cli'
import type { CodegenPlugin, Types } from '@graphql-codegen/plugin-helpers'
import {
  type FragmentDefinitionNode,
  Kind,
  type OperationDefinitionNode,
  print,
  stripIgnoredCharacters,
  visit,
} from 'graphql'

const scalars = { BigInt: 'string', DateTime: 'string', JSON: 'unknown' }
const note = '// Made by `npm run generate:client` from schema.graphql and client/src/documents; do not edit.'
const noteOfDashboard =
  '// Made by `npm run generate:client` from schema.graphql and dashboard/src/documents; do not edit.'

/**
 * Documents as strings with their types, so that the client needs no graphql at run time. The plugin that does this for
 * everybody, typed-document-node, makes a class of each string, which needs a package of types and uses `any`.
 */
const stringDocuments: CodegenPlugin = {
  plugin(_schema, documents) {
    const definitions = documents.flatMap(({ document }) => document?.definitions ?? [])
    const fragments = new Map(
      definitions.flatMap((node) =>
        node.kind === Kind.FRAGMENT_DEFINITION ? [[node.name.value, node] as const] : [],
      ),
    )
    const operations = definitions.filter((node) => node.kind === Kind.OPERATION_DEFINITION)
    return {
      prepend: ["import type { TypedDocument } from '../document.ts'"],
      content: operations.map((operation) => stringDocument(operation, fragments)).join('\n\n'),
    }
  },
}

function stringDocument(
  operation: OperationDefinitionNode,
  fragments: ReadonlyMap<string, FragmentDefinitionNode>,
): string {
  const used = new Set<FragmentDefinitionNode>()
  const collect = (node: OperationDefinitionNode | FragmentDefinitionNode) => {
    visit(node, {
      FragmentSpread(spread) {
        const fragment = fragments.get(spread.name.value)
        if (!fragment) throw new Error(`There is no fragment ${spread.name.value}`)
        if (used.has(fragment)) return
        used.add(fragment)
        collect(fragment)
      },
    })
  }
  collect(operation)
  const name = operation.name?.value
  if (name === undefined) throw new Error('Every operation needs a name')
  const type = name + operation.operation.replace(/^./, (letter) => letter.toUpperCase())
  const text = stripIgnoredCharacters([operation, ...used].map(print).join('\n\n'))
  return `export const ${name}Document: TypedDocument<${type}, ${type}Variables> = \`${text}\``
}

/** Adds that plugin to those that a target names: codegen finds plugins by package, and this one is here. */
const withStringDocuments: Types.OutputPreset = {
  buildGeneratesSection: (options) => [
    {
      ...options,
      filename: options.baseOutputDir,
      pluginMap: { ...options.pluginMap, stringDocuments },
      plugins: [...options.plugins, { stringDocuments: {} }],
    },
  ],
}

const config: CodegenConfig = {
  schema: 'schema.graphql',
  generates: {
    'client/src/generated/operations.ts': {
      documents: 'client/src/documents/*.graphql',
      preset: withStringDocuments,
      plugins: [{ add: { content: note } }, 'typescript-operations'],
      config: { strictScalars: true, scalars, enumsAsTypes: true },
    },
    'dashboard/src/generated/operations.ts': {
      documents: 'dashboard/src/documents/*.graphql',
      preset: withStringDocuments,
      plugins: [{ add: { content: noteOfDashboard } }, 'typescript-operations'],
      config: { strictScalars: true, scalars, enumsAsTypes: true },
    },
    // ErrorCode is in no operation, and is wanted as a list too: a newer server may have codes that this client lacks.
    'client/src/generated/enums.ts': {
      plugins: [{ add: { content: note } }, 'typescript'],
      config: {
        strictScalars: true,
        scalars,
        onlyEnums: true,
        enumsAsConst: true,
        namingConvention: { typeNames: 'keep', enumValues: 'keep' },
      },
    },
  },
}

export default config
