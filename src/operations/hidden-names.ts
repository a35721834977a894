import { GraphQLError } from 'graphql'

/** Names that schemas have in common, or that say how a value is written. */
const commonNames = [
  ...['Query', 'Mutation', 'Subscription'],
  ...['Int', 'Float', 'String', 'Boolean', 'ID', 'BigInt', 'DateTime', 'JSON'],
]

/** Quoted names and types, such as `"[Event!]!"` or `"Query.queue"`. */
const quotedNames = /"[\w.![\]]+"/g
const identifiers = /[A-Za-z_]\w*/g
/** What graphql adds to an error about a name that it does not know; it has no option to leave it out. */
const suggestion = / Did you mean [^?]*\?/g

/**
 * Takes the names out of errors that the client has not written in its document, for a server that does not tell its
 * schema.
 */
export function hideNames(errors: readonly GraphQLError[], text: string): GraphQLError[] {
  const written = new Set([...commonNames, ...(text.match(identifiers) ?? [])])
  const hide = (name: string) => (written.has(name) ? name : '…')
  return errors.map((error) => {
    const message = error.message
      .replace(suggestion, '')
      .replace(quotedNames, (quoted) => quoted.replace(identifiers, hide))
    const { nodes = null, source = null, positions = null, extensions, originalError = null } = error
    return new GraphQLError(message, { nodes, source, positions, extensions, originalError })
  })
}
