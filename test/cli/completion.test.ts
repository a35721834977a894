import { existsSync } from 'node:fs'
import { chmod, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startChild } from '../support/child.ts'
import { runCli } from '../support/cli.ts'
import { until } from '../support/deadline.ts'
import { startTestServer, type TestServer } from '../support/server.ts'
import { type TemporaryDirectory, temporaryDirectory } from '../support/temporary-directory.ts'

let server: TestServer
let directory: TemporaryDirectory

beforeAll(async () => {
  server = await startTestServer({ ticker: false })
  const client = await server.fixture.connect()
  await client.query(`select pgq.create_queue('orders'), pgq.create_queue('my: queue')`)
  await client.query(`select pgq.register_consumer('orders', 'billing')`)
  await client.end()
  directory = await temporaryDirectory()
  const program = join(directory.path, 'pgq-graphql')
  const main = join(import.meta.dirname, '../../dist/cli/main.js')
  await writeFile(program, `#!/bin/sh\nexec '${process.execPath}' '${main}' "$@"\n`)
  await chmod(program, 0o755)
})

afterAll(async () => {
  await directory[Symbol.asyncDispose]()
  await server[Symbol.asyncDispose]()
})

/** Runs a shell with `pgq-graphql` in its path. */
async function shell(name: string, args: readonly string[]): Promise<string> {
  const environment = { HOME: directory.path, TERM: 'dumb', LC_ALL: 'C.UTF-8' }
  const path = `${directory.path}:${process.env.PATH}`
  await using child = startChild(name, args, { env: { ...environment, PATH: path } })
  expect(await child.ended(60_000), child.output()).toEqual({ code: 0, signal: null })
  return child.stdout()
}

/** CI has all of them. */
function isInstalled(name: string): boolean {
  const folders = process.env.PATH?.split(':') ?? []
  return process.env.CI !== undefined || folders.some((folder) => existsSync(join(folder, name)))
}

/** What each shell does at TAB after a text. @returns what it would insert, sorted. */
const completers: Record<string, (text: string) => Promise<string[]>> = {
  bash: (text) => insertions(shell('bash', ['--norc', '-c', bashTab, 'bash', text])),
  zsh: (text) => insertions(shell('zsh', ['-f', '-c', zshTab, 'zsh', text])),
  fish: (text) => insertions(shell('fish', ['-c', fishTab, text])),
}

async function insertions(output: Promise<string>): Promise<string[]> {
  const lines = (await output).split(/\r?\n/).filter((line) => line !== '')
  return lines.map((line) => line.split('\t')[0] ?? '').sort()
}

/** Asks until there are names: a busy machine does not answer in the time that people would wait. */
function named(ask: () => Promise<string[]>): Promise<string[]> {
  const some = async () => {
    const names = await ask()
    return names.length > 0 && names
  }
  return until(some, 'names', { timeoutMs: 60_000 })
}

/** Parts the text as readline does. */
const bashTab = `
  source <(pgq-graphql completion bash)
  COMP_LINE=$1 COMP_POINT=\${#1} COMP_WORDS=()
  while read -r word; do COMP_WORDS+=("$word"); done < <(grep -oE '[:=]|([^:= \\\\]|\\\\.)+' <<<"$1")
  [[ $1 == *' ' ]] && COMP_WORDS+=('')
  COMP_CWORD=$((\${#COMP_WORDS[@]} - 1))
  _pgq_graphql
  printf '%s\\n' "\${COMPREPLY[@]}"`

/** Has the function run where its words are given, and shows what it adds. */
const zshTab = `
  compdef() { }
  _files() { }
  compadd() { shift 4; print -rl -- "\${(@P)1}" | while read -r value; do [[ $value == "$words[CURRENT]"* ]] && print -r -- "$value"; done; true }
  source <(pgq-graphql completion zsh)
  words=("\${(@z)1}") CURRENT=\${#words}
  [[ $1 == *' ' ]] && { words+=('') ; CURRENT=$((CURRENT + 1)) }
  _pgq_graphql`

const fishTab = `
  pgq-graphql completion fish | source
  complete -C $argv[1]`

describe.each(Object.keys(completers).filter(isInstalled))('%s completes', (name) => {
  const completer = completers[name] ?? (async () => [])
  const url = () => `--url ${server.url}`

  test('commands, flags and their values', async () => {
    expect(await completer('pgq-graphql ev')).toEqual(['event', 'events'])
    expect(await completer('pgq-graphql dead-letters requeue orders --co')).toEqual([
      '--config',
      '--consumer',
    ])
    expect(await completer('pgq-graphql completion ')).toEqual(['bash', 'fish', 'zsh'])
  })

  test('names of queues and consumers', async () => {
    expect(await named(() => completer(`pgq-graphql tail ${url()} o`))).toEqual(['orders'])
    expect(await named(() => completer(`pgq-graphql move-consumer ${url()} orders `))).toEqual(['billing'])
  })
})

test('bash quotes a name, and goes on after its colon', async () => {
  const text = `pgq-graphql tail --url ${server.url} my`
  const bash = completers.bash ?? (async () => [])
  expect(await named(() => bash(text))).toEqual(['my:\\ queue'])
  expect(await named(() => bash(`${text}:`))).toEqual(['\\ queue'])
})

test('names come from a database, too', async () => {
  const words = ['consumers', '--database-url', server.fixture.url, 'o']
  const lines = async () => (await runCli(['__complete', '--', ...words])).stdout.split('\n').slice(0, -1)
  expect(await named(lines)).toEqual(['orders\t'])
})

test('where nothing answers there are no names, and no complaint', async () => {
  const line = ['tail', '--url', 'http://127.0.0.1:1/graphql', '']
  expect(await runCli(['__complete', '--', ...line])).toEqual({
    code: 0,
    signal: null,
    stdout: '',
    stderr: '',
  })
})

test('each command that --help shows is completed with its description', async () => {
  const [help, completion] = await Promise.all([runCli(['--help']), runCli(['__complete', '--', ''])])
  const commands = /\nCommands:\n(.*?)\n\n/s.exec(help.stdout)?.[1] ?? ''
  const names = [...commands.matchAll(/^ {2}([\w-]+)/gm)].map(([, name]) => name)
  expect(completion.stdout.match(/^[\w-]+(?=\t)/gm)).toEqual(names)
  expect(names).not.toContain('__complete')
})
