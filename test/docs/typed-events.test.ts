import { readFile, rm, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { startChild, startNode } from '../support/child.ts'
import { startTestServer } from '../support/server.ts'
import { type PrintingBlock, printingBlocks } from './code-blocks.ts'
import { compilePrograms, readersFolder, runProgram } from './programs.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const require = createRequire(import.meta.url)
const timeoutMs = 120_000

/** Makes a pattern of documented output, in which `…` stands for any text. */
function patternOf(prints: string): RegExp {
  const parts = prints.split('…').map((part) => part.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&'))
  return new RegExp(`^${parts.join('.*')}$`)
}

/** Follows a document as a reader does, step by step. */
class Walk {
  readonly #folder: string
  readonly #url: string
  /** Names of files by their content. */
  readonly #files = new Map<string, string>()

  constructor(folder: string, url: string) {
    this.#folder = folder
    this.#url = url
  }

  /** Compiles all programs against the types that the document shows; a later step generates the same types. */
  async compile(steps: readonly PrintingBlock[]): Promise<void> {
    for (const { language, code } of steps) {
      if (language === 'ts') this.#files.set(code, this.#fileOf(code))
    }
    for (const [code, file] of this.#files) await this.#write(file, this.#here(code))
    await compilePrograms(this.#folder, [...this.#files.values()])
    await rm(join(this.#folder, 'event-types.ts'))
  }

  async step({ language, code, prints }: PrintingBlock): Promise<void> {
    if (language === 'sh' && /^npm start|npm install/m.test(code)) return
    if (language === 'sh') expect(await this.#shell(code)).toMatch(patternOf(prints ?? ''))
    else if (this.#fileOf(code) === 'event-types.ts') expect(await this.#read('event-types.ts')).toBe(code)
    else if (this.#fileOf(code) === 'codegen.ts') await this.#generate()
    else await this.#run(code, prints)
  }

  #fileOf(code: string): string {
    if (code.startsWith('// Made by')) return 'event-types.ts'
    if (code.includes('CodegenConfig')) return 'codegen.ts'
    return this.#files.get(code) ?? `program-${this.#files.size}.ts`
  }

  async #shell(code: string): Promise<string> {
    const pgqCodegen = `${process.execPath} ${join(root, 'codegen/dist/main.js')}`
    const script = this.#here(code).replaceAll('npx pgq-codegen', pgqCodegen).replaceAll(/^}'$/gm, "}'; echo")
    await using child = startChild('bash', ['-c', script], { cwd: this.#folder })
    const { code: status } = await child.ended()
    if (code.includes('pgq-codegen check')) expect(status).toBe(1)
    else expect({ status, stderr: child.stderr() }).toEqual({ status: 0, stderr: '' })
    return child.stdout() + child.stderr()
  }

  async #run(code: string, prints: string | undefined): Promise<void> {
    if (prints === undefined) throw new Error(`Nothing says what this prints:\n${code}`)
    await runProgram(this.#folder, { file: this.#fileOf(code), code, prints })
  }

  /** Runs graphql-codegen, and expects what the command generates from the same server. */
  async #generate(): Promise<void> {
    const cli = join(require.resolve('@graphql-codegen/cli/package.json'), '../esm/bin.js')
    const env = { ...process.env, NODE_ENV: undefined }
    await using child = startNode([cli, '--config', 'codegen.ts'], { cwd: this.#folder, env })
    expect(await child.ended(timeoutMs), child.stdout() + child.stderr()).toEqual({ code: 0, signal: null })
    expect(await this.#read('event-types.json')).toContain('"coupon"')
    expect(await this.#read('event-types.ts')).toContain("['orders', 'created', 2]")
  }

  /** Replaces the documented address by the server's. */
  #here(code: string): string {
    const address = new URL(this.#url).host
    return code.replaceAll('localhost:4000', address)
  }

  #read(file: string): Promise<string> {
    return readFile(join(this.#folder, file), 'utf8')
  }

  #write(file: string, text: string): Promise<void> {
    return writeFile(join(this.#folder, file), text)
  }
}

test(
  'each step of docs/typed-events.md does what it says, one after another',
  async () => {
    await using server = await startTestServer()
    await using folder = await readersFolder()
    const walk = new Walk(folder.path, server.url)
    const steps = await printingBlocks('docs/typed-events.md')
    expect(steps.length).toBeGreaterThan(10)
    await walk.compile(steps)
    for (const step of steps) await walk.step(step)
  },
  timeoutMs,
)
