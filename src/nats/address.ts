/** Where NATS servers are, and who asks. */
export interface NatsAddress {
  /** Servers of one cluster, as HOST or HOST:PORT. */
  servers: readonly string[]
  isTls: boolean
  user: string | undefined
  password: string | undefined
}

const form = /^(nats|tls):\/\/(?:([^:@/]*)(?::([^@/]*))?@)?([^@/?#]+)\/?$/s
const server = /^(?:\[[0-9a-f:.]+\]|[^[\]:\s]+)(?::\d{1,5})?$/i

/** Parses `nats://user:password@host:4222,other:4222`; the scheme `tls` insists on TLS. @returns Null for another kind of text. */
export function parseNatsUrl(text: string): NatsAddress | null {
  const [, scheme, user, password, hosts = ''] = form.exec(text) ?? []
  const servers = hosts.split(',')
  if (!servers.every((each) => server.test(each))) return null
  try {
    return { servers, isTls: scheme === 'tls', user: decode(user), password: decode(password) }
  } catch {
    return null
  }
}

/** Replaces who asks by `***`, and all of a URL where it cannot be parsed. */
export function withoutCredentials(text: string): string {
  return parseNatsUrl(text) ? text.replace(/\/\/[^@/]*@/, '//***@') : '***'
}

/** @throws URIError for what is not percent-encoded. */
function decode(text: string | undefined): string | undefined {
  return text === undefined ? undefined : decodeURIComponent(text)
}
