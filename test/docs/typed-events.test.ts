import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { startChild, startNode } from '../support/child.ts'
import { until } from '../support/deadline.ts'
import { startTestServer } from '../support/server.ts'
import { type Block, codeBlocks } from './code-blocks.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const require = createRequire(import.meta.url)
const timeoutMs = 120_000

interface Step extends Block {
  /** The text block after it. */
  prints: string | undefined
}

async function stepsOf(file: string): Promise<Step[]> {
  const blocks = await codeBlocks(file)
  return blocks.flatMap((block, index) => {
    const next = blocks[index + 1]
    if (block.language === 'text') return []
    return [{ ...block, prints: next?.language === 'text' ? next.code : undefined }]
  })
}

/** In what a command prints, `…` stands for what a reader need not see. */
function patternOf(prints: string): RegExp {
  const parts = prints.split('…').map((part) => part.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&'))
  return new RegExp(`^${parts.join('.*')}$`)
}

/** A folder of a user, inside the project, so that its packages are found as they are for a reader. */
class Walk {
  readonly #folder: string
  readonly #url: string
  /** Files by what is in them. */
  readonly #files = new Map<string, string>()

  constructor(folder: string, url: string) {
    this.#folder = folder
    this.#url = url
  }

  /** All programs at once, against the types that the document shows; a step finds later that they are generated so. */
  async compile(steps: readonly Step[]): Promise<void> {
    for (const { language, code } of steps) {
      if (language === 'ts') this.#files.set(code, this.#fileOf(code))
    }
    for (const [code, file] of this.#files) await this.#write(file, this.#here(code))
    const compilerOptions = {
      target: 'es2022',
      module: 'nodenext',
      strict: true,
      noImplicitReturns: true,
      types: ['node'],
      rootDir: '.',
      outDir: 'out',
    }
    await this.#write('tsconfig.json', JSON.stringify({ compilerOptions, files: [...this.#files.values()] }))
    await using compiler = startNode([join(root, 'node_modules/typescript/bin/tsc'), '-p', this.#folder])
    expect(await compiler.ended(timeoutMs), compiler.stdout()).toEqual({ code: 0, signal: null })
    await rm(join(this.#folder, 'event-types.ts'))
  }

  async step({ language, code, prints }: Step): Promise<void> {
    if (language === 'sh' && code.startsWith('npm install')) return
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
    const file = `out/${this.#fileOf(code).replace('.ts', '.js')}`
    await using program = startNode([file], { cwd: this.#folder })
    await until(() => program.stdout().length >= prints.length || program.stderr() !== '', 'its output', {
      describe: () => `of\n${code}\nbut:\n${program.stdout()}${program.stderr()}`,
    })
    if (code.includes('SIGTERM')) program.process.kill('SIGTERM')
    expect(await program.ended(), program.stderr()).toEqual({ code: 0, signal: null })
    expect(program.stdout()).toBe(prints)
  }

  /** What it generates is what the command does from the same server. */
  async #generate(): Promise<void> {
    const cli = join(require.resolve('@graphql-codegen/cli/package.json'), '../esm/bin.js')
    const env = { ...process.env, NODE_ENV: undefined }
    await using child = startNode([cli, '--config', 'codegen.ts'], { cwd: this.#folder, env })
    expect(await child.ended(timeoutMs), child.stdout() + child.stderr()).toEqual({ code: 0, signal: null })
    expect(await this.#read('event-types.json')).toContain('"coupon"')
    expect(await this.#read('event-types.ts')).toContain("['orders', 'created', 2]")
  }

  /** The server is on a port of its own. */
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
    const folder = await mkdtemp(join(root, 'node_modules', '.typed-events-'))
    try {
      await writeFile(join(folder, 'package.json'), JSON.stringify({ type: 'module' }))
      const walk = new Walk(folder, server.url)
      const steps = await stepsOf('docs/typed-events.md')
      expect(steps.length).toBeGreaterThan(10)
      await walk.compile(steps)
      for (const step of steps) await walk.step(step)
    } finally {
      await rm(folder, { recursive: true })
    }
  },
  timeoutMs,
)
