/**
 * A GraphQL document as text that knows the types of its variables and its result. What graphql-codegen makes with
 * `documentMode: 'string'` fits, and so does a plain string, whose result is `unknown`.
 */
export interface TypedDocument<Result, Variables> {
  toString(): string
  /** Exists for the compiler alone. */
  __apiType?: (variables: Variables) => Result
}
