import { ConnectionStringError } from './connection-parameter.ts'

/** Parts of a connection URI, decoded; undefined where it says nothing. */
export interface ConnectionUri {
  user: string | undefined
  password: string | undefined
  host: string | undefined
  port: string | undefined
  database: string | undefined
  /** What follows the question mark, by name; the last of equal names counts. */
  parameters: ReadonlyMap<string, string>
}

/**
 * Parses a URI as libpq does, which is not as URLs of the web are parsed: a user or a password may hold any character but
 * `:`, `/` and `@`, and the host may be empty. A `%` that begins no encoded character stands for itself.
 *
 * @throws ConnectionStringError for another kind of text, or more than one host.
 */
export function parseConnectionUri(text: string): ConnectionUri {
  const match = /^postgres(?:ql)?:\/\/(?:([^:@/]*)(?::([^@/]*))?@)?([^/?]*)(?:\/([^?]*))?(?:\?(.*))?$/s.exec(
    text,
  )
  if (!match)
    throw new ConnectionStringError('must be a URL such as postgresql://user:password@host:5432/database')
  const [, user, password, address = '', database, query = ''] = match
  const [, host, port] = /^(\[[^\]]*\]|[^:[\]]*)(?::([^:]*))?$/.exec(address) ?? []
  if (host === undefined || /[@,]/.test(host)) {
    throw new ConnectionStringError(
      'must name one host; write @, / and : in a user or password as %40, %2F and %3A',
    )
  }
  return {
    user: decode(user),
    password: decode(password),
    host: decode(host.replace(/^\[(.*)\]$/, '$1')),
    port: decode(port),
    database: decode(database),
    parameters: new Map(
      query.split('&').flatMap((pair) => {
        const [name = '', ...value] = pair.split('=')
        return name === '' ? [] : [[decode(name) ?? '', decode(value.join('=')) ?? ''] as const]
      }),
    ),
  }
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
