import { CodegenError, isObject } from '../codegen-error.ts'
import type { SourceOptions } from '../source.ts'

/**
 * The `config` of a target, which graphql-codegen fills with options of other plugins too.
 *
 * @throws CodegenError for an option of another shape, before anything is asked for or written.
 */
export function toSourceOptions(config: unknown): SourceOptions {
  const { url, snapshot, database, headers, queues } = isObject(config) ? config : {}
  return {
    url: optional('url', url, isText),
    snapshot: optional('snapshot', snapshot, isText),
    database: optional('database', database, isText),
    headers: optional('headers', headers, isTexts),
    queues: optional('queues', queues, isTextList),
  }
}

function optional<Value>(
  name: string,
  value: unknown,
  isFit: (value: unknown) => value is Value,
): Value | undefined {
  if (value === undefined || isFit(value)) return value
  throw new CodegenError(`The option ${name} is of the wrong type`)
}

const isText = (value: unknown) => typeof value === 'string'
const isTextList = (value: unknown): value is string[] => Array.isArray(value) && value.every(isText)
const isTexts = (value: unknown): value is Record<string, string> =>
  isObject(value) && Object.values(value).every(isText)
