import { randomBytes } from 'node:crypto'
import { open, readFile, rename, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { z } from 'zod'

const stateShape = z.object({
  /** Version of this file's format. */
  format: z.literal(1),
  /** TCP port, kept from start to start so that saved connection strings stay valid. */
  port: z.int().min(1).max(65_535),
  /** Password of the superuser `postgres`. */
  password: z.string().min(1),
})

/** Port and password of the embedded server, kept in files that only their owner can read. */
export type ServerState = z.infer<typeof stateShape>

export function newState(port: number): ServerState {
  return { format: 1, port, password: randomBytes(24).toString('base64url') }
}

/** Reads the file; null where there is none. @throws Error for a file that is damaged or not readable. */
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

/** Replaces the file atomically and durably. */
export function writeState(path: string, state: ServerState): Promise<void> {
  return writePrivately(path, `${JSON.stringify(state, null, 2)}\n`)
}

/** Writes the password as libpq reads it, for `psqlUrl`. */
export function writePassFile(path: string, { port, password }: ServerState): Promise<void> {
  return writePrivately(path, `127.0.0.1:${port}:postgres:postgres:${password}\n`)
}

/** Says all that libpq's variables could, so that those of the environment, meant for other servers, do not count. */
export function connectionStringOf({ port, password }: ServerState): string {
  const parameters =
    'sslmode=disable&channel_binding=disable&target_session_attrs=any&connect_timeout=10&options='
  return `postgresql://postgres:${password}@127.0.0.1:${port}/postgres?${parameters}`
}

/** Returns a connection string for psql and other programs with libpq; the password is in the file alone. */
export function psqlUrl(port: number, passFile: string): string {
  // No quote is left either, so that a shell can have it in single quotes.
  const path = encodeURIComponent(passFile).replaceAll('%2F', '/').replaceAll("'", '%27')
  return `postgresql://postgres@127.0.0.1:${port}/postgres?passfile=${path}`
}

async function writePrivately(path: string, text: string): Promise<void> {
  const file = await open(`${path}.new`, 'w', 0o600)
  try {
    if (process.getuid?.() === 0) {
      // Root may start a server that belongs to another user, who must still be able to read this.
      const { uid, gid } = await stat(dirname(path))
      await file.chown(uid, gid)
    }
    await file.writeFile(text)
    await file.sync()
  } finally {
    await file.close()
  }
  await rename(`${path}.new`, path)
}
