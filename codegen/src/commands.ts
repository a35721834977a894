import { readFile, writeFile } from 'node:fs/promises'
import type { Arguments } from './arguments.ts'
import { CodegenError, messageOf } from './codegen-error.ts'
import { differences } from './differences.ts'
import { fetchEventTypes } from './server.ts'
import { formatSnapshot } from './snapshot.ts'
import { readSource } from './source.ts'
import { generateTypes, joinTypes } from './typescript.ts'

/** Runs a command. @returns Lines to print; on failure they say what to do. @throws CodegenError */
export async function run(options: Arguments): Promise<{ isFine: boolean; lines: string[] }> {
  const { command, snapshot = '', out = '' } = options
  if (command === 'check') return check(options)
  if (command === 'pull') {
    const { eventTypes } = await readSource({ ...options, snapshot: undefined })
    await write(snapshot, formatSnapshot(eventTypes))
    return { isFine: true, lines: [`${snapshot}: ${countOf(eventTypes)}`] }
  }
  const { eventTypes, name } = await readSource(options)
  await write(out, joinTypes(generateTypes(eventTypes, name)))
  return { isFine: true, lines: [`${out}: ${countOf(eventTypes)}`] }
}

function countOf({ length }: { length: number }): string {
  return length === 1 ? '1 event type' : `${length} event types`
}

async function check({ url, snapshot = '', out, ...rest }: Arguments) {
  const lines: string[] = []
  if (url !== undefined) {
    const { eventTypes: known } = await readSource({ snapshot, queues: rest.queues })
    const found = differences(known, await fetchEventTypes({ ...rest, url }))
    if (found.length > 0) {
      lines.push(`${snapshot} is out of date:`, ...found.map((line) => `  ${line}`), 'Run pgq-codegen pull.')
    }
  }
  if (out !== undefined) {
    const { eventTypes, name } = await readSource({ snapshot, queues: rest.queues })
    const current = withoutHeader(joinTypes(generateTypes(eventTypes, name)))
    const isCurrent = withoutHeader(await read(out)) === current
    if (!isCurrent) lines.push(`${out} is not what ${snapshot} gives. Run pgq-codegen generate.`)
  }
  const isFine = lines.length === 0
  return { isFine, lines: isFine ? ['Up to date'] : lines }
}

/** Drops the first line, which says what the file was made from: a server, or a path as it was given then. */
function withoutHeader(text: string | undefined): string | undefined {
  return text?.slice(text.indexOf('\n') + 1)
}

/** Gives undefined for a file that is not there. */
async function read(path: string): Promise<string | undefined> {
  return readFile(path, 'utf8').catch(() => undefined)
}

async function write(path: string, text: string): Promise<void> {
  try {
    await writeFile(path, text)
  } catch (error) {
    throw new CodegenError(`${path} cannot be written: ${messageOf(error)}`, { cause: error })
  }
}
