import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { startChild } from '../support/child.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))

test('npm ci installs no package that refuses this version of Node', async () => {
  await using child = startChild('npm', ['ci', '--dry-run', '--offline'], { cwd: root })
  expect(await child.ended(60_000), child.output()).toEqual({ code: 0, signal: null })
  expect(child.stderr()).not.toContain('EBADENGINE')
})
