import { GraphQLError } from 'graphql'
import type { Logger } from 'pino'
import { ConfigError } from '../config/config-error.ts'
import { watchFile } from '../config/watch-file.ts'
import { PgqError } from '../errors.ts'
import type { WatchedFile } from '../watched-file.ts'
import type { OperationRequest } from './request.ts'

/** Documents that clients name by an id, from a file that a build of those clients has written. */
export interface PersistedDocumentsOptions {
  /** Path of the manifest: `{id: text}` as of graphql-codegen and Relay, or Apollo's. It is read again when it changes. */
  file: string
  /** Whether all other documents are refused. Default false. */
  only?: boolean | undefined
}

/** The documents of a manifest: by id, and all of them. */
interface Manifest {
  readonly texts: ReadonlyMap<string, string>
  readonly listed: ReadonlySet<string>
}

/** The setting that names the manifest. */
const setting = 'persistedDocuments.file'

/** Says what is wrong with a document. */
type Validate = (text: string) => readonly GraphQLError[]

/** Finds the documents of requests: those of a manifest, by their ids, and others. */
export class PersistedDocuments {
  readonly #file: WatchedFile<Manifest> | undefined
  readonly #isOnly: boolean

  /** @throws ConfigError for a file that is no manifest, or has an invalid document. */
  constructor(options: PersistedDocumentsOptions | undefined, validate: Validate, logger: Logger) {
    this.#isOnly = options?.only ?? false
    if (!options) return
    const { file } = options
    this.#file = watchFile(
      { setting, path: file },
      {
        parse: (content) => readManifest(file, String(content), validate),
        onFailure: (error) => logger.error({ err: error }, 'The persisted documents stay as they were'),
      },
    )
  }

  /**
   * Finds the text that a request asks for.
   *
   * @throws PgqError `NOT_FOUND` for an unknown id; `FORBIDDEN` for another document where only these are run. GraphQLError
   *   for an unknown hash, as clients expect it who then send the text.
   */
  textOf({ query, documentId, hash }: OperationRequest): string {
    const text = documentId === null ? (hash !== null && this.#find(hash)) || query : this.#known(documentId)
    if (text === null) throw this.#file ? unknownHash : hashesUnsupported
    if (!this.#isOnly || this.#file?.value.listed.has(text)) return text
    throw new PgqError(
      'FORBIDDEN',
      'This server runs the documents of its manifest alone; add this one to it, and send its documentId',
      { field: 'query' },
    )
  }

  close(): void {
    this.#file?.close()
  }

  #known(id: string): string {
    const text = this.#find(id)
    if (text !== undefined) return text
    const message = this.#file
      ? 'This server does not know this document; deploy its manifest before the clients that were built with it'
      : 'This server has no persisted documents; send the text as query'
    throw new PgqError('NOT_FOUND', message, { field: 'documentId' })
  }

  /** Ids that are hashes may begin with the name of their algorithm, as GraphQL over HTTP writes them. */
  #find(id: string): string | undefined {
    const texts = this.#file?.value.texts
    return texts?.get(id) ?? texts?.get(id.replace(/^sha256:/, ''))
  }
}

/** The message is what Apollo Client and urql look for: they send the text with the hash then. */
const unknownHash = new GraphQLError('PersistedQueryNotFound', {
  extensions: { code: 'NOT_FOUND', field: 'extensions.persistedQuery' },
})
/** The message is what Apollo Client and urql look for: they send no more hashes then. */
const hashesUnsupported = new GraphQLError('PersistedQueryNotSupported', {
  extensions: { code: 'NOT_FOUND', field: 'extensions.persistedQuery' },
})

function readManifest(file: string, content: string, validate: Validate): Manifest {
  const texts = new Map(documentsIn(file, content))
  const faults = [...texts].flatMap(([id, text]) => {
    const [error] = validate(text)
    return error ? [`${id} is invalid: ${error.message.replace(/\.$/, '')}`] : []
  })
  if (faults.length > 0) throw wrong(file, faults.slice(0, MAX_FAULTS).join('; '))
  return { texts, listed: new Set(texts.values()) }
}

/** Number of invalid documents that an error names. */
const MAX_FAULTS = 10

function documentsIn(file: string, content: string): [string, string][] {
  const manifest = parse(file, content)
  if (!isRecord(manifest)) throw wrong(file, expected)
  if (!('format' in manifest)) return Object.entries(manifest).map(([id, text]) => documentOf(file, id, text))
  const { operations } = manifest
  if (!Array.isArray(operations)) throw wrong(file, expected)
  return operations.map((operation) => {
    const { id, body } = isRecord(operation) ? operation : {}
    return documentOf(file, id, body)
  })
}

function parse(file: string, content: string): unknown {
  try {
    return JSON.parse(content)
  } catch (error) {
    throw wrong(file, `it is not JSON: ${(error as Error).message}`)
  }
}

function documentOf(file: string, id: unknown, text: unknown): [string, string] {
  if (typeof id !== 'string' || typeof text !== 'string') throw wrong(file, expected)
  return [id, text]
}

const expected =
  'a manifest is {"ID": "TEXT"}, as of graphql-codegen, or {"format": "apollo-persisted-query-manifest", "operations": [{"id": "ID", "body": "TEXT"}]}'

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function wrong(file: string, what: string): ConfigError {
  return new ConfigError(`${setting} ${file}: ${what}.`)
}
