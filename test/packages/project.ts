import { execFile } from 'node:child_process'
import { access, mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { startNode } from '../support/child.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'

const path = (relative: string) => fileURLToPath(new URL(`../../${relative}`, import.meta.url))

export const timeoutMs = 120_000

/** Module settings that a user's compiler may have. */
export const resolutions = [
  { module: 'node16', moduleResolution: 'node16' },
  { module: 'nodenext', moduleResolution: 'nodenext' },
  { module: 'esnext', moduleResolution: 'bundler' },
] as const

/** A project in which packages of this repository are installed from their tarballs. */
export interface Project extends AsyncDisposable {
  readonly path: string
  /** Files of each tarball, by the folder that it was made from. */
  readonly files: ReadonlyMap<string, readonly string[]>
  /** Compiles src/ in strict mode. @returns the folder with the JavaScript. @throws with the compiler's messages. */
  compile(how: (typeof resolutions)[number], options?: object): Promise<string>
}

/**
 * @param folders Folders of the packages, from the top of the repository; they must be built.
 * @param sources Files of src/, by name.
 * @param install Further arguments for npm install: packages of the registry, or options.
 */
export async function createProject(
  folders: readonly string[],
  sources: Readonly<Record<string, string>>,
  install: readonly string[],
): Promise<Project> {
  const folder = await temporaryDirectory()
  try {
    const npm = async (...args: string[]) => {
      const { stdout } = await promisify(execFile)('npm', args, { cwd: folder.path, timeout: timeoutMs })
      return stdout
    }
    const files = new Map<string, readonly string[]>()
    const tarballs: string[] = []
    for (const each of folders) {
      await access(path(`${each}/dist/index.js`)).catch(() => {
        throw new Error(`${each} is not built. Run: npm run build`)
      })
      const stdout = await npm('pack', path(each), '--json', '--ignore-scripts')
      const [packed] = JSON.parse(stdout) as [{ filename: string; files: { path: string }[] }]
      tarballs.push(`./${packed.filename}`)
      files.set(
        each,
        packed.files.map((file) => file.path),
      )
    }
    await writeFile(join(folder.path, 'package.json'), JSON.stringify({ type: 'module', private: true }))
    await npm('install', '--no-audit', '--no-fund', ...tarballs, ...install)
    await mkdir(join(folder.path, 'src'))
    for (const [name, text] of Object.entries(sources)) await writeFile(join(folder.path, 'src', name), text)
    return {
      path: folder.path,
      files,
      compile: (how, options) => compile(folder.path, how, options),
      [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose](),
    }
  } catch (error) {
    await folder[Symbol.asyncDispose]()
    throw error
  }
}

async function compile(
  project: string,
  how: (typeof resolutions)[number],
  options: object = {},
): Promise<string> {
  const outDir = `out-${how.moduleResolution}`
  const compilerOptions = {
    ...how,
    target: 'es2022',
    strict: true,
    noImplicitReturns: true,
    exactOptionalPropertyTypes: true,
    types: [],
    rootDir: 'src',
    outDir,
    ...options,
  }
  const config = join(project, `tsconfig.${how.moduleResolution}.json`)
  await writeFile(config, JSON.stringify({ compilerOptions, include: ['src'] }))
  await using compiler = startNode([path('node_modules/typescript/bin/tsc'), '-p', config], { cwd: project })
  const { code } = await compiler.ended(timeoutMs)
  if (code !== 0) throw new Error(compiler.stdout())
  return join(project, outDir)
}
