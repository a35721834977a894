/** Reports that a document is not a JSON Schema that can be registered; `path` is a JSON pointer into it. */
export class SchemaError extends Error {
  override readonly name = 'SchemaError'
  readonly path: string

  constructor(path: string, what: string) {
    super(what)
    this.path = path
  }
}
