import { ConnectionStringError } from './connection-parameter.ts'

/** Parts of a connection URI, decoded; undefined where it says nothing. */
export interface ConnectionUri {
  user: string | undefined
  password: string | undefined
  /** Names of servers, separated by commas. */
  host: string | undefined
  /** A port for each, or nothing between the commas. */
  port: string | undefined
  database: string | undefined
  /** What follows the question mark, by name; the last of equal names counts. */
  parameters: ReadonlyMap<string, string>
}

/**
 * Parses a URI as libpq does, which is not as URLs of the web are parsed: a user or a password may hold any character but
 * `:`, `/` and `@`, and the host may be empty. A `%` that begins no encoded character stands for itself. The name of a
 * database may hold no `@` here.
 *
 * @throws ConnectionStringError for another kind of text.
 */
export function parseConnectionUri(text: string): ConnectionUri {
  const match = /^postgres(?:ql)?:\/\/(?:([^:@/]*)(?::([^@/]*))?@)?([^/?]*)(?:\/([^?]*))?(?:\?(.*))?$/s.exec(
    text,
  )
  if (!match)
    throw new ConnectionStringError('must be a URL such as postgresql://user:password@host:5432/database')
  const [, user, password, address = '', database, query = ''] = match
  const servers = address.split(',').map((server) => /^(\[[^\]]*\]|[^:[\]@]*)(?::([^:@]*))?$/.exec(server))
  const [hosts, ports] = [1, 2].map((group) => servers.map((server) => server?.[group] ?? ''))
  // A password with a slash looks like a port, a database and parameters, which other messages would show.
  const isPassword =
    database?.includes('@') || (query.includes('@') && ports?.some((port) => /\D/.test(port)))
  if (servers.includes(null) || isPassword) {
    throw new ConnectionStringError(
      'must name hosts; write @, / and : in a user, password or database as %40, %2F and %3A',
    )
  }
  return {
    user: decode(user),
    password: decode(password),
    host: decode(hosts?.map((host) => host.replace(/^\[(.*)\]$/, '$1')).join(',')),
    port: ports?.some((port) => port !== '') ? decode(ports.join(',')) : undefined,
    database: decode(database),
    parameters: new Map(
      query.split('&').flatMap((pair) => {
        const [name = '', ...value] = pair.split('=')
        return name === '' ? [] : [[decode(name) ?? '', decode(value.join('=')) ?? ''] as const]
      }),
    ),
  }
}

/** Replaces passwords in a connection URI by `***`, and all of it where it cannot be parsed. */
export function withoutPassword(text: string): string {
  try {
    parseConnectionUri(text)
  } catch {
    return '***'
  }
  return text
    .replace(/^([a-z]+:\/\/[^:@/]*:)[^@/]+@/, '$1***@')
    .replace(/(?<=[?&])([^=&]*)=[^&]*/g, (pair, name: string) =>
      /password|sslkey/i.test(decode(name) ?? '') ? `${name}=***` : pair,
    )
}

/** Decodes a part; undefined for an empty one, which says nothing. */
function decode(part: string | undefined): string | undefined {
  if (part === undefined || part === '') return undefined
  try {
    return decodeURIComponent(part.replace(/%(?![0-9a-f]{2})/gi, '%25'))
  } catch {
    throw new ConnectionStringError('has a % that begins no character of UTF-8; write a % as %25')
  }
}
