/**
 * A GraphQL document as text that knows the types of its variables and its result. graphql-codegen makes them with
 * `documentMode: 'string'`. A plain string is one too; its result is `unknown`, unless the call says
 * `request<Data>(…)`.
 */
export interface TypedDocument<Result, Variables> {
  toString(): string
  /** This member exists for the compiler alone. */
  __apiType?: (variables: Variables) => Result
}
