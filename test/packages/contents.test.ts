import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createProject, type Project, timeoutMs } from './project.ts'

let project: Project

/** The project is installed without a registry: neither package has dependencies. */
beforeAll(async () => {
  project = await createProject(['client', 'codegen'], {}, ['--offline'])
}, timeoutMs)

afterAll(() => project[Symbol.asyncDispose]())

const read = (folder: string, file: string) =>
  readFile(join(project.path, 'node_modules/@pgq-graphql', folder, file), 'utf8')

test.each(['client', 'codegen'])(
  'the README of the packed %s links to nothing that is not packed',
  async (folder) => {
    const links = [...(await read(folder, 'README.md')).matchAll(/\]\(([^)#]+)[^)]*\)/g)].map(
      ([, target = '']) => target,
    )
    const files = project.files.get(folder) ?? []
    expect(links.filter((target) => !/^https?:/.test(target) && !files.includes(target))).toEqual([])
  },
)

test.each(['client', 'codegen'])(
  'the source maps of the packed %s have their sources in them',
  async (folder) => {
    const maps = (project.files.get(folder) ?? []).filter((file) => file.endsWith('.js.map'))
    expect(maps.length).toBeGreaterThan(5)
    for (const file of maps) {
      const { sources, sourcesContent } = JSON.parse(await read(folder, file)) as Record<string, unknown>
      expect(sourcesContent, file).toEqual((sources as string[]).map(() => expect.any(String)))
    }
  },
)
