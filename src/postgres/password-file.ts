import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'

/** Says for whom a password is looked up. */
export interface Login {
  host: string
  port: number
  database: string
  user: string
}

/** Path of libpq's password file on this system. */
export function defaultPasswordFile(
  home: string,
  environment: Readonly<Record<string, string | undefined>>,
): string {
  if (process.platform === 'win32') return join(environment.APPDATA ?? home, 'postgresql', 'pgpass.conf')
  return join(home, '.pgpass')
}

/**
 * Finds the password in a file of libpq's format: lines `host:port:database:user:password`, where `*` is anything and a
 * backslash lets the next character stand for itself. The first line that fits counts.
 *
 * @throws Error that says why there is no password, and where to put one.
 */
export async function passwordFrom(path: string, login: Login): Promise<string> {
  const mode = (await stat(path).catch(() => undefined))?.mode
  const remedy = `put one into the URL, PGPASSWORD or the password file ${path}`
  if (mode === undefined) throw new Error(`the server asks for a password, and none is given: ${remedy}`)
  if (process.platform !== 'win32' && (mode & 0o077) !== 0) {
    throw new Error(`the password file ${path} is open to others and so is not read; run: chmod 600 ${path}`)
  }
  // A socket's line may say localhost, as libpq's default socket has it.
  const hosts = login.host.startsWith('/') ? [login.host, 'localhost'] : [login.host]
  const wanted = [hosts, [String(login.port)], [login.database], [login.user]]
  for (const line of (await readFile(path, 'utf8')).split(/\r?\n/)) {
    if (line.startsWith('#')) continue
    const [, ...fields] =
      /^((?:[^:\\]|\\.)*):((?:[^:\\]|\\.)*):((?:[^:\\]|\\.)*):((?:[^:\\]|\\.)*):(.+)$/.exec(line) ?? []
    const [host, port, database, user, password] = fields.map((field) => field.replace(/\\(.)/g, '$1'))
    const fits = [host, port, database, user].every(
      (field = '', index) => field === '*' || wanted[index]?.includes(field),
    )
    if (fits && password !== undefined) return password
  }
  throw new Error(`the server asks for a password, and no line of it fits: ${remedy}`)
}
