/** A GraphQL document as text that knows the types of its variables and its result, for the compiler alone. */
export type TypedDocument<Result, Variables> = string & {
  __apiType?: (variables: Variables) => Result
}
