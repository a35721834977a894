import { readFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { findingChecks } from '../../src/diagnosis/finding.ts'

test('docs/diagnosis.md tells of each check, and of no other', async () => {
  const text = await readFile(new URL('../../docs/diagnosis.md', import.meta.url), 'utf8')
  expect([...text.matchAll(/^\| `([A-Z_]+)`/gm)].map(([, check]) => check)).toEqual([...findingChecks])
})
