import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { GraphQLError } from 'graphql'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { ConfigError } from '../../src/config/config-error.ts'
import { PersistedDocuments } from '../../src/operations/persisted-documents.ts'
import { testLogger } from '../support/logger.ts'
import { type TemporaryDirectory, temporaryDirectory } from '../support/temporary-directory.ts'

let directory: TemporaryDirectory

beforeAll(async () => {
  directory = await temporaryDirectory()
})

afterAll(() => directory[Symbol.asyncDispose]())

const validate = (text: string) => (text.includes('wrong') ? [new GraphQLError('it is wrong')] : [])

async function open(content: string): Promise<PersistedDocuments> {
  const file = join(directory.path, 'manifest.json')
  await writeFile(file, content)
  return new PersistedDocuments({ file, only: true }, validate, testLogger())
}

const request = { query: null, hash: null, operationName: null, variables: {} }

test.each([
  ['graphql-codegen', { abc: '{ a }', def: '{ b }' }],
  [
    'Apollo',
    {
      format: 'apollo-persisted-query-manifest',
      version: 1,
      operations: [
        { id: 'abc', body: '{ a }', name: 'A', type: 'query' },
        { id: 'def', body: '{ b }', name: 'B', type: 'query' },
      ],
    },
  ],
])('reads the manifest of %s', async (_, manifest) => {
  const persisted = await open(JSON.stringify(manifest))
  expect(persisted.textOf({ ...request, documentId: 'def' })).toBe('{ b }')
  expect(persisted.textOf({ ...request, documentId: null, query: '{ a }' })).toBe('{ a }')
  persisted.close()
})

test.each([
  ['{', 'not JSON'],
  ['[]', 'a manifest is'],
  ['{"a": 7}', 'a manifest is'],
  ['{"format": "apollo-persisted-query-manifest"}', 'a manifest is'],
  ['{"format": "apollo-persisted-query-manifest", "operations": [{"id": "a"}]}', 'a manifest is'],
  ['{"good": "{ a }", "bad": "{ wrong }"}', 'bad is invalid: it is wrong'],
])('refuses %s', async (content, why) => {
  const refused = open(content)
  await expect(refused).rejects.toThrow(ConfigError)
  await expect(refused).rejects.toThrow(why)
  await expect(refused).rejects.toThrow('manifest.json')
})

test('refuses a file that is not there', () => {
  const file = join(directory.path, 'nothing.json')
  expect(() => new PersistedDocuments({ file }, validate, testLogger())).toThrow('there is no such file')
})

test('finds nothing under names that every object has', async () => {
  const persisted = await open('{"a": "{ a }"}')
  for (const documentId of ['__proto__', 'constructor', 'toString', ''])
    expect(() => persisted.textOf({ ...request, documentId })).toThrow('does not know this document')
  persisted.close()
})
