/**
 * A GraphQL document as text that knows the types of its variables and its result. graphql-codegen makes them with
 * `documentMode: 'string'`; `scalars` of its configuration must say that BigInt is a string, or it is `unknown`. A plain
 * string is a document too; its result is `unknown`, unless the call says `request<Data>(…)`.
 */
export interface TypedDocument<Result, Variables> {
  toString(): string
  /** This member exists for the compiler alone. */
  __apiType?: (variables: Variables) => Result
}
