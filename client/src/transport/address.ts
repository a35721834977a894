import { PgqClientError } from '../errors.ts'

/** The globals that runtimes may have; a page has an address, to which others may be relative. */
const runtime: { location?: { href: string } } = globalThis

/** @throws PgqClientError `BAD_INPUT` for a URL that is not an absolute one of these schemes, or not relative to a page. */
export function parseUrl(url: string | URL, schemes: readonly string[]): URL {
  let parsed: URL
  try {
    parsed = new URL(url, runtime.location?.href)
  } catch {
    // The cause is left out: its message may show a password.
    throw badUrl(`must be the address of the server, such as ${schemes[0]}://localhost:4000/graphql`)
  }
  const scheme = parsed.protocol.slice(0, -1)
  if (schemes.includes(scheme)) return parsed
  throw badUrl(`must begin with ${schemes.join(':// or ')}://, not with ${scheme}:`)
}

/** Makes an address that may be shown: it has no user, password or query. */
export function shownUrl({ protocol, host, pathname }: URL): string {
  return `${protocol}//${host}${pathname}`
}

function badUrl(reason: string): PgqClientError {
  return new PgqClientError('BAD_INPUT', `url ${reason}`, { field: 'url' })
}
