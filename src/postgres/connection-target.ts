import { homedir, userInfo } from 'node:os'
import { join } from 'node:path'
import { ConnectionStringError, oneOf, wholeNumber } from './connection-parameter.ts'
import { parseConnectionUri } from './connection-uri.ts'
import { defaultPasswordFile } from './password-file.ts'
import { type TlsSettings, tlsOptions, tlsParameters, tlsSettings } from './tls.ts'

type Environment = Readonly<Record<string, string | undefined>>

/** Says where a database is and how to get in, complete: nothing is left to the environment. */
export interface ConnectionTarget {
  /** Name or address of the server, or the directory of its Unix socket. */
  host: string
  port: number
  user: string
  database: string
  /** Undefined where the password file is to be asked. */
  password: string | undefined
  passwordFile: string
  /** Null for a connection that is not encrypted. */
  tls: TlsSettings | null
  /** Whether to log in only by a proof that is bound to the server's certificate. */
  requiresChannelBinding: boolean
  /** Command-line options for the server; undefined for none. */
  options: string | undefined
  /** Longest time to connect (milliseconds); undefined for the default. */
  connectTimeoutMs: number | undefined
}

/** Parameters of a connection URI that are obeyed. */
const parameters = [
  ...['host', 'port', 'user', 'password', 'dbname', 'passfile', 'options', 'connect_timeout'],
  ...['channel_binding', 'target_session_attrs', ...tlsParameters],
]

/** Parameters that change nothing here: the gateway sets them itself, or the driver can do without them. */
const ignored = [
  ...['application_name', 'fallback_application_name', 'client_encoding', 'gssencmode', 'uselibpqcompat'],
  ...['keepalives', 'keepalives_idle', 'keepalives_interval', 'keepalives_count', 'tcp_user_timeout'],
]

/**
 * Completes a connection URI as libpq does: what it leaves out comes from the `PG…` variables of the environment, then
 * from defaults. Without any host it is `localhost`, by TCP.
 *
 * @throws ConnectionStringError for a text that is no URI, an unknown parameter, or a value or file that cannot be used.
 */
export function connectionTarget(uri: string, environment: Environment = process.env): ConnectionTarget {
  const given = parseConnectionUri(uri)
  for (const name of given.parameters.keys()) {
    if (parameters.includes(name) || ignored.includes(name)) continue
    // What holds an @ may be the end of a password with a slash and a question mark.
    const shown = uri.slice(uri.indexOf('?')).includes('@') ? '' : `, ${name}`
    throw new ConnectionStringError(`has an unknown parameter${shown}. Known are ${parameters.join(', ')}`)
  }
  const home = environment.HOME || homedir()
  const find = (name: string, variable: string, first?: string) => {
    const value = given.parameters.get(name) ?? first
    if (value !== undefined) return { value, source: name }
    return { value: environment[variable] || undefined, source: variable }
  }
  const text = (...place: Parameters<typeof find>) => find(...place).value || undefined
  const host = text('host', 'PGHOST', given.host) ?? 'localhost'
  if (host.includes(',')) throw new ConnectionStringError('must name one host')
  const user = text('user', 'PGUSER', given.user) ?? userInfo().username
  // A server that takes no writes is of no use here anyway.
  oneOf(find('target_session_attrs', 'PGTARGETSESSIONATTRS'), ['any', 'read-write', 'primary'])
  const timeout = find('connect_timeout', 'PGCONNECT_TIMEOUT')
  // No socket of this machine is encrypted, whatever the mode; nor is it in libpq.
  const tls = host.startsWith('/') ? null : tlsSettings(find, join(home, '.postgresql'))
  // The files are read for each connection; one that is missing is better found now.
  if (tls) tlsOptions(tls)
  return {
    host,
    port: wholeNumber(find('port', 'PGPORT', given.port), 65_535) ?? 5432,
    user,
    database: text('dbname', 'PGDATABASE', given.database) ?? user,
    password: text('password', 'PGPASSWORD', given.password),
    passwordFile: text('passfile', 'PGPASSFILE') ?? defaultPasswordFile(home, environment),
    tls,
    requiresChannelBinding:
      oneOf(find('channel_binding', 'PGCHANNELBINDING'), ['disable', 'prefer', 'require']) === 'require',
    options: text('options', 'PGOPTIONS'),
    connectTimeoutMs: (wholeNumber(timeout, 2_147_483) ?? 0) * 1_000 || undefined,
  }
}

/** Names a target in words for logs, without its password. */
export function describeTarget({ host, port, user, database }: ConnectionTarget): string {
  const place = host.startsWith('/') ? `${host}/.s.PGSQL.${port}` : `${host}:${port}`
  return `database ${JSON.stringify(database)} on ${place} as user ${JSON.stringify(user)}`
}
