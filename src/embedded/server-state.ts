import { randomBytes } from 'node:crypto'
import { open, readFile, rename, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { z } from 'zod'

const stateShape = z.object({
  /** Of this file. */
  format: z.literal(1),
  /** Where the server listens, kept so that tools and bookmarks stay right. */
  port: z.int().min(1).max(65_535),
  /** Of the superuser `postgres`. */
  password: z.string().min(1),
})

/** What must be known to reach the embedded server again; a file that its owner alone may read. */
export type ServerState = z.infer<typeof stateShape>

export function newState(port: number): ServerState {
  return { format: 1, port, password: randomBytes(24).toString('base64url') }
}

/** Null where there is none. @throws Error for a file that is damaged or may not be read. */
export async function readState(path: string): Promise<ServerState | null> {
  let text: string
  try {
    text = await readFile(path, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw error
  }
  try {
    return stateShape.parse(JSON.parse(text))
  } catch (cause) {
    throw new Error(`${path} is damaged or from another version.`, { cause })
  }
}

/** Replaces the file as a whole, on the disk when this returns. */
export async function writeState(path: string, state: ServerState): Promise<void> {
  const file = await open(`${path}.new`, 'w', 0o600)
  try {
    if (process.getuid?.() === 0) {
      // Root may start once what another user goes on using.
      const { uid, gid } = await stat(dirname(path))
      await file.chown(uid, gid)
    }
    await file.writeFile(`${JSON.stringify(state, null, 2)}\n`)
    await file.sync()
  } finally {
    await file.close()
  }
  await rename(`${path}.new`, path)
}

export function connectionStringOf({ port, password }: ServerState): string {
  return `postgresql://postgres:${password}@127.0.0.1:${port}/postgres`
}
