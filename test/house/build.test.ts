import { copyFile, mkdir, readdir, readFile, rename, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { startNode } from '../support/child.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const packages = ['.', 'client', 'codegen']

/** A repository with a source in each package. */
async function smallRepository() {
  const folder = await temporaryDirectory()
  const path = (file: string) => join(folder.path, file)
  await copyFile(join(root, 'build.mjs'), path('build.mjs'))
  await mkdir(path('node_modules'))
  await symlink(join(root, 'node_modules/typescript'), path('node_modules/typescript'))
  await writeFile(path('package-lock.json'), '{}')
  await writeFile(path('package.json'), '{ "type": "module" }')
  await writeFile(path('tsconfig.json'), '{ "compilerOptions": { "module": "nodenext", "types": [] } }')
  for (const each of packages) {
    await mkdir(path(join(each, 'src')), { recursive: true })
    await writeFile(path(join(each, 'src/index.ts')), 'export const version = 1\n')
    const compilerOptions = { rootDir: 'src', outDir: 'dist' }
    const config = {
      extends: each === '.' ? './tsconfig.json' : '../tsconfig.json',
      compilerOptions,
      include: ['src'],
    }
    await writeFile(path(join(each, 'tsconfig.build.json')), JSON.stringify(config))
  }
  return {
    path,
    async build() {
      await using child = startNode([path('build.mjs')], { cwd: folder.path })
      const { code } = await child.ended(60_000)
      return { code, output: child.output() }
    },
    [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose](),
  }
}

const silent = { code: 0, output: '' }
const spoken = { code: 0, output: expect.stringMatching(/^Building….*\n$/) }

test('builds all packages the first time, with a word, and nothing the second time, in silence', async () => {
  await using repository = await smallRepository()
  expect(await repository.build()).toEqual(spoken)
  const built = packages.map((each) => repository.path(join(each, 'dist/index.js')))
  const times = await Promise.all(built.map(async (file) => (await stat(file)).mtimeMs))
  expect(await repository.build()).toEqual(silent)
  expect(await Promise.all(built.map(async (file) => (await stat(file)).mtimeMs))).toEqual(times)
})

test('leaves no output of a source that was renamed', async () => {
  await using repository = await smallRepository()
  await repository.build()
  await rename(repository.path('src/index.ts'), repository.path('src/main.ts'))
  expect(await repository.build()).toEqual(spoken)
  expect(await readdir(repository.path('dist'))).toEqual(['main.js'])
})

test('builds anew where the output is not that of the last build', async () => {
  await using repository = await smallRepository()
  await repository.build()
  const output = repository.path('client/dist/index.js')
  const built = await readFile(output, 'utf8')
  await writeFile(output, 'of another branch')
  expect(await repository.build()).toEqual(spoken)
  expect(await readFile(output, 'utf8')).toBe(built)
  await rm(output)
  expect(await repository.build()).toEqual(spoken)
  expect(await readFile(output, 'utf8')).toBe(built)
})

test('fails each time until the sources compile, and says why', async () => {
  await using repository = await smallRepository()
  const source = repository.path('codegen/src/index.ts')
  await writeFile(source, 'export const version: string = 1\n')
  const failed = { code: 1, output: expect.stringContaining('error TS2322') }
  expect(await repository.build()).toEqual(failed)
  expect(await repository.build()).toEqual(failed)
  await writeFile(source, "export const version: string = '1'\n")
  expect(await repository.build()).toEqual(spoken)
  expect(await repository.build()).toEqual(silent)
})

test('tells a clone without its packages to install them', async () => {
  await using repository = await smallRepository()
  await rm(repository.path('node_modules/typescript'))
  expect(await repository.build()).toEqual({ code: 1, output: expect.stringContaining('Run: npm ci') })
})
