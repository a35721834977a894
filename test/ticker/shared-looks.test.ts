import { expect, test } from 'vitest'
import { SharedLooks } from '../../src/ticker/shared-looks.ts'

test('a hundred databases are looked at each 50 ms, and more of them less often', () => {
  const looks = new SharedLooks()
  const databases = Array.from({ length: 256 }, () => ({}))
  const spacings = databases.map((each) => looks.spacingMs(each, true))
  expect(spacings[99]).toBe(50)
  expect(spacings[255]).toBe(128)
  expect(looks.spacingMs(databases[0] ?? {}, true)).toBe(128)
})

test('who is quiet again does not count', () => {
  const looks = new SharedLooks()
  const [busy, quiet] = [{}, {}]
  looks.spacingMs(quiet, true)
  expect(looks.spacingMs(busy, true)).toBe(1)
  looks.spacingMs(quiet, false)
  expect(looks.spacingMs(busy, true)).toBe(0.5)
})
