import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Ajv2020 } from 'ajv/dist/2020.js'
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { generateTypes, joinTypes } from '../src/index.ts'
import { compilerErrors, projectFolder } from './support/compiled.ts'

const name = fc.constantFrom('a', 'b', 'c')
const scalar = fc.oneof(fc.constantFrom<unknown>('x', 'y', 0, 1, 1.5, true, false, null))

/** Makes values as deep as the schemas, of few names and texts, so that many of them match. */
const { value } = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    scalar,
    fc.array(tie('value'), { maxLength: 3 }),
    fc.dictionary(name, tie('value'), { maxKeys: 3 }),
  ),
}))

const typeName = fc.constantFrom('string', 'number', 'integer', 'boolean', 'null', 'object', 'array')

const { schema } = fc.letrec<{ schema: object }>((tie) => ({
  schema: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.constantFrom<object>({}, { $ref: '#/$defs/d' }, { $ref: '#' }),
    fc.record({ type: fc.uniqueArray(typeName, { minLength: 1, maxLength: 3 }) }),
    fc.record({
      enum: fc.uniqueArray(value, { minLength: 1, maxLength: 3, selector: (each) => JSON.stringify(each) }),
    }),
    fc.record(
      {
        type: fc.constantFrom<unknown>('object', ['object', 'null']),
        properties: fc.dictionary(name, tie('schema'), { maxKeys: 3 }),
        // TypeScript refuses what shares no name with a type of optional properties alone.
        required: fc.uniqueArray(name, { minLength: 1, maxLength: 2 }),
        additionalProperties: fc.oneof(fc.boolean(), tie('schema')),
      },
      { requiredKeys: ['type', 'required'] },
    ),
    fc.record(
      {
        type: fc.constant('array'),
        prefixItems: fc.array(tie('schema'), { minLength: 1, maxLength: 2 }),
        items: fc.oneof(fc.boolean(), tie('schema')),
        minItems: fc.nat(3),
      },
      { requiredKeys: ['type'] },
    ),
    fc.record({ anyOf: fc.array(tie('schema'), { minLength: 1, maxLength: 3 }) }),
    fc.record({ oneOf: fc.array(tie('schema'), { minLength: 1, maxLength: 2 }) }),
    fc.record({ allOf: fc.array(tie('schema'), { minLength: 1, maxLength: 2 }) }),
    fc.record({ not: tie('schema') }),
  ),
}))

/** Gives undefined for a schema that is invalid, or refers to itself in a circle. */
function matching(whole: object, values: readonly unknown[]): unknown[] | undefined {
  try {
    const validate = new Ajv2020({ strict: false }).compile(whole)
    return values.filter((each) => validate(each))
  } catch {
    return undefined
  }
}

/** TEST_SEED gives other schemas. */
test('a type admits whatever matches its schema', async () => {
  const seed = Number(process.env.TEST_SEED ?? 1)
  const samples = fc.sample(fc.tuple(schema, schema, fc.array(value, { minLength: 60, maxLength: 60 })), {
    numRuns: 400,
    seed,
  })
  const cases = samples.flatMap(([outer, d, values]) => {
    const whole = { ...outer, $defs: { d } }
    const matches = matching(whole, values)
    return matches && matches.length > 0 ? [{ whole, matches: matches.slice(0, 8) }] : []
  })
  expect(cases.length).toBeGreaterThan(100)
  const eventTypes = cases.map(({ whole }, index) => ({
    queue: 'q',
    type: String(index),
    version: 1,
    schema: whole,
  }))
  // The value is not a fresh literal: unnamed properties are no error then, as in a payload that is read.
  const program = `import type { EventTypes } from './event-types.ts'
type Mutable<T> = T extends object ? { -readonly [K in keyof T]: Mutable<T[K]> } : T
declare function loose<const T>(value: T): Mutable<T>;
${cases
  .flatMap(({ matches }, index) =>
    matches.map(
      (each) =>
        `{ const value = loose(${JSON.stringify(each)}); const type: EventTypes['q']['${index}'] = value; void type }`,
    ),
  )
  .join('\n')}
export {}
`
  await using folder = await projectFolder()
  await writeFile(join(folder.path, 'event-types.ts'), joinTypes(generateTypes(eventTypes, 'a test')))
  await writeFile(join(folder.path, 'program.ts'), program)
  const errors = await compilerErrors(folder.path, ['event-types.ts', 'program.ts'])
  expect(errors, `TEST_SEED=${seed}: ${schemaAt(errors)}`).toBe('')

  /** The line of the program's first error. */
  function schemaAt(text: string): string {
    const line = program.split('\n')[Number(/program\.ts\((\d+)/.exec(text)?.[1] ?? 0) - 1]
    const index = /\['q'\]\['(\d+)'\]/.exec(line ?? '')?.[1]
    return JSON.stringify(cases[Number(index)]?.whole)
  }
})
