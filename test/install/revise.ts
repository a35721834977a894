import { createHash } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { readComponents } from '../../src/install/components.ts'

/** The content of `sql/revision.json`. */
export interface RevisionFile {
  number: number
  compatibleFrom: number
  /** Hashes all SQL, and the number from which on builds are compatible. */
  checksum: string
}

const file = fileURLToPath(new URL('../../sql/revision.json', import.meta.url))

export async function readRevisionFile(): Promise<RevisionFile> {
  return JSON.parse(await readFile(file, 'utf8')) as RevisionFile
}

/** Computes the checksum that goes with the SQL as it is now. */
export async function currentChecksum(compatibleFrom: number): Promise<string> {
  const hash = createHash('sha256').update(`${compatibleFrom}\n`)
  for (const { name, checksum } of await readComponents()) hash.update(`${name} ${checksum}\n`)
  return hash.digest('hex')
}

/** Raises the number where the SQL is not that of the checksum. */
async function revise(): Promise<void> {
  const { number, compatibleFrom, checksum } = await readRevisionFile()
  const current = await currentChecksum(compatibleFrom)
  if (current === checksum) return
  const revised: RevisionFile = { number: number + 1, compatibleFrom, checksum: current }
  await writeFile(file, `${JSON.stringify(revised, null, 2)}\n`)
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await revise()
