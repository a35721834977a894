import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { dirname, join, normalize } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'

const root = fileURLToPath(new URL('../..', import.meta.url))
const packages = ['.', 'client', 'codegen']

/** Returns the files that the package of a folder would have. */
async function packedFiles(folder: string): Promise<string[]> {
  const args = ['pack', '--dry-run', '--json', '--ignore-scripts']
  const { stdout } = await promisify(execFile)('npm', args, { cwd: join(root, folder) })
  const [packed] = JSON.parse(stdout) as [{ files: { path: string }[] }]
  return packed.files.map(({ path }) => path)
}

const read = (folder: string, file: string) => readFile(join(root, folder, file), 'utf8')

/** Returns the targets of a document's links to files, from the top of its package. */
function linksOf(file: string, text: string): string[] {
  const targets = [...text.matchAll(/\]\(([^)#\s]+)[^)]*\)/g)].map(([, target = '']) => target)
  return targets
    .filter((target) => !/^https?:/.test(target))
    .map((target) => normalize(join(dirname(file), target)))
}

test.each(packages)('no document in the package of %s links to a file that is not in it', async (folder) => {
  const files = await packedFiles(folder)
  const documents = files.filter((file) => file.endsWith('.md'))
  expect(documents).toContain('README.md')
  const missing: string[] = []
  for (const document of documents) {
    for (const target of linksOf(document, await read(folder, document))) {
      const isThere = files.some((file) => file === target || file.startsWith(`${target}/`))
      if (!isThere) missing.push(`${document} -> ${target}`)
    }
  }
  expect(missing).toEqual([])
})

test.each(packages)('the source maps in the package of %s have their sources in them', async (folder) => {
  const maps = (await packedFiles(folder)).filter((file) => file.endsWith('.js.map'))
  expect(maps.length).toBeGreaterThan(5)
  for (const file of maps) {
    const { sources, sourcesContent } = JSON.parse(await read(folder, file)) as Record<string, unknown>
    expect(sourcesContent, file).toEqual((sources as string[]).map(() => expect.any(String)))
  }
})
