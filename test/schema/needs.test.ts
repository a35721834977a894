import { isIntrospectionType, isObjectType } from 'graphql'
import { expect, test } from 'vitest'
import { createPgqSchema } from '../../src/schema/index.ts'

/** Relay's shells around objects: they hold what was chosen for the caller, and nothing else. */
const isShell = (name: string) => name === 'PageInfo' || /(Connection|Edge)$/.test(name)

test('every field says what it needs, itself or by its type', () => {
  const types = Object.values(createPgqSchema().getTypeMap())
  const objects = types
    .filter(isObjectType)
    .filter((type) => !isIntrospectionType(type) && !isShell(type.name))
  const silent = objects.flatMap((type) =>
    Object.values(type.getFields())
      .filter((field) => field.extensions.needs === undefined)
      .map((field) => `${type.name}.${field.name}`),
  )
  expect(objects.length).toBeGreaterThan(30)
  expect(silent).toEqual([])
})
