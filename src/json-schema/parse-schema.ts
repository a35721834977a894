import { PgqError } from '../errors.ts'
import { checkSchema } from './check-schema.ts'
import { isJsonObject, type JsonObject } from './json.ts'
import { checkRequiredNames } from './required-names.ts'
import { SchemaError } from './schema-error.ts'
import { checkAgainstMetaSchema, compileSchema } from './validator.ts'

/** Limits the schema's text. */
const MAX_SCHEMA_BYTES = 64 * 1024

/**
 * Refuses a schema that is not fit to be registered, and returns any other as it is.
 *
 * @throws PgqError `BAD_INPUT` for field `schema`, with the place in it.
 */
export function parseSchema(value: unknown): JsonObject {
  if (!isJsonObject(value)) {
    throw new PgqError('BAD_INPUT', 'A schema is a JSON object, such as {"type": "object"}', {
      field: 'schema',
    })
  }
  const bytes = Buffer.byteLength(toText(value))
  if (bytes > MAX_SCHEMA_BYTES) {
    throw badSchema(new SchemaError('', `has ${bytes} bytes, at most ${MAX_SCHEMA_BYTES} are taken`))
  }
  try {
    checkSchema(value)
    checkAgainstMetaSchema(value)
    checkRequiredNames(value)
    compileSchema(value)
  } catch (error) {
    if (error instanceof SchemaError) throw badSchema(error)
    throw error
  }
  return value
}

function toText(value: JsonObject): string {
  try {
    return JSON.stringify(value)
  } catch (cause) {
    throw new PgqError('BAD_INPUT', 'The schema is nested too deeply', { field: 'schema', cause })
  }
}

function badSchema(error: SchemaError): PgqError {
  const message = `This is not a JSON Schema (2020-12) that can be registered: ${error.path || '/'} ${error.message}`
  return new PgqError('BAD_INPUT', message, { field: 'schema', cause: error })
}
