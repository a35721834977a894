import { maxAliasesPlugin } from '@escape.tech/graphql-armor-max-aliases'
import { maxDepthPlugin } from '@escape.tech/graphql-armor-max-depth'
import { maxTokensPlugin } from '@escape.tech/graphql-armor-max-tokens'
import { GraphQLError } from 'graphql'
import type { Plugin } from 'graphql-yoga'

/** Bounds on a GraphQL document, checked before anything of it runs. */
export interface DocumentLimits {
  maxAliases: number
  maxDepth: number
  maxTokens: number
}

export function documentLimits({ maxAliases, maxDepth, maxTokens }: DocumentLimits): Plugin[] {
  return [
    maxTokensPlugin({ n: maxTokens, ...refuse(`more than ${maxTokens} tokens; pass data as variables`) }),
    maxAliasesPlugin({
      n: maxAliases,
      ...refuse(`more than ${maxAliases} aliases; use lists, or several requests`),
    }),
    maxDepthPlugin({
      n: maxDepth,
      flattenFragments: true,
      ...refuse(`fields nested deeper than ${maxDepth}`),
    }),
  ] as Plugin[]
}

/** The library's own error has no code; this one takes its place. */
function refuse(what: string) {
  const error = () => new GraphQLError(`The document has ${what}`, { extensions: { code: 'LIMIT_EXCEEDED' } })
  return {
    onReject: [
      () => {
        throw error()
      },
    ],
  }
}
