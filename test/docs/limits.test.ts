import { readFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { defaultLimits } from '../../src/defaults.ts'

test('PROTOCOL.md has every limit with its default', async () => {
  const text = await readFile(new URL('../../PROTOCOL.md', import.meta.url), 'utf8')
  const rows = [...text.matchAll(/^\| `(max\w+)` \| (\d+|null) \|/gm)].map(([, name, value]) => [
    name,
    JSON.parse(value ?? ''),
  ])
  expect(Object.fromEntries(rows)).toEqual(defaultLimits)
})
