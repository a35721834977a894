import { parse, validate } from 'graphql'
import { expect, test } from 'vitest'
import { createPgqSchema } from '../../src/schema/index.ts'
import { codeBlocks } from './code-blocks.ts'

test('each operation of docs/searching.md is valid', async () => {
  const operations = await codeBlocks('docs/searching.md')
  expect(operations.length).toBeGreaterThan(4)
  const schema = createPgqSchema()
  for (const { code } of operations) expect(validate(schema, parse(code))).toEqual([])
})
