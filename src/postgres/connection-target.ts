import { homedir, userInfo } from 'node:os'
import { join } from 'node:path'
import { ConnectionStringError, type Found, oneOf, wholeNumber } from './connection-parameter.ts'
import { parseConnectionUri } from './connection-uri.ts'
import { defaultPasswordFile } from './password-file.ts'
import { type TlsSettings, tlsOptions, tlsParameters, tlsSettings } from './tls.ts'

type Environment = Readonly<Record<string, string | undefined>>

/** A place where a server listens. */
export interface Server {
  /** Name or address of the server, or the directory of its Unix socket. */
  host: string
  port: number
}

/** What a server must be to be used: any, no standby, or one that takes writes by default. */
export type ServerKind = (typeof serverKinds)[number]

const serverKinds = ['any', 'primary', 'read-write'] as const

/** Says where a database is and how to get in, complete: nothing is left to the environment. */
export interface ConnectionTarget extends Server {
  /** Further servers, in the order in which they are tried. */
  alternatives: readonly Server[]
  serverKind: ServerKind
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
  const [server, ...alternatives] = listServers(
    text('host', 'PGHOST', given.host) ?? 'localhost',
    find('port', 'PGPORT', given.port),
  )
  const user = text('user', 'PGUSER', given.user) ?? userInfo().username
  const kind = oneOf(find('target_session_attrs', 'PGTARGETSESSIONATTRS'), serverKinds)
  const timeout = find('connect_timeout', 'PGCONNECT_TIMEOUT')
  // No socket of this machine is encrypted, whatever the mode; nor is it in libpq.
  const tls = server.host.startsWith('/') ? null : tlsSettings(find, join(home, '.postgresql'))
  // The files are read for each connection; one that is missing is better found now.
  if (tls) tlsOptions(tls)
  return {
    ...server,
    alternatives,
    // The old primary of a failover may still be there, without taking writes.
    serverKind: kind ?? (alternatives.length > 0 ? 'read-write' : 'any'),
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

/** Lists the servers of texts with commas as libpq does: one port is that of all. */
function listServers(host: string, port: Found): [Server, ...Server[]] {
  const hosts = host.split(',').map((name) => name || 'localhost')
  const ports = (port.value ?? '').split(',')
  if (ports.length > 1 && ports.length !== hosts.length) {
    throw new ConnectionStringError(`has ${hosts.length} hosts and ${ports.length} ports`)
  }
  if (new Set(hosts.map((name) => name.startsWith('/'))).size > 1) {
    throw new ConnectionStringError('must name servers by TCP or by Unix sockets, and not both')
  }
  const servers = hosts.map((name, index) => {
    const value = ports.length === 1 ? ports[0] : ports[index]
    return { host: name, port: wholeNumber({ ...port, value }, 65_535) ?? 5432 }
  })
  return servers as [Server, ...Server[]]
}

/** Lists all servers of a target. */
export function serversOf(target: ConnectionTarget): readonly Server[] {
  return [target, ...target.alternatives]
}

/** Names a target in words for logs, without its password. */
export function describeTarget(target: ConnectionTarget): string {
  const { user, database } = target
  const places = serversOf(target).map(describeServer).join(' or ')
  return `database ${JSON.stringify(database)} on ${places} as user ${JSON.stringify(user)}`
}

/** Names a server in words for logs. */
export function describeServer({ host, port }: Server): string {
  return host.startsWith('/') ? `${host}/.s.PGSQL.${port}` : `${host}:${port}`
}
