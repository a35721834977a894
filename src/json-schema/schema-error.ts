/** A document that is no JSON Schema of the kind that can be registered; `path` is a JSON pointer into it. */
export class SchemaError extends Error {
  override readonly name = 'SchemaError'
  readonly path: string

  constructor(path: string, what: string) {
    super(what)
    this.path = path
  }
}
