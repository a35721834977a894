import type { IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'
import { BadCredentials } from './bad-credentials.ts'
import { hashOf } from './secret.ts'

export interface Bearer {
  readonly token: string
  readonly hash: string
}

/** Longest token that is looked at (characters). */
const MAX_TOKEN_LENGTH = 8_192

/**
 * Reads the token of `Authorization: Bearer …` (RFC 6750), or that of `authorization` in the payload of
 * `connection_init`, which counts more. A token in a URL or a cookie is none.
 *
 * @returns Null where there are no credentials.
 * @throws BadCredentials for any others.
 */
export function bearerOf(
  request: IncomingMessage,
  connectionParams?: Readonly<Record<string, unknown>>,
): Bearer | null {
  const given = connectionParams?.authorization ?? authorizationOf(request)
  if (given === undefined) return null
  const before = lastOfConnections.get(request.socket)
  if (before?.given === given) return before
  const token = tokenIn(given)
  const bearer = { given, token, hash: hashOf(token) }
  lastOfConnections.set(request.socket, bearer)
  return bearer
}

/** A connection brings the same with each request, and to hash it takes longer than all else that is done for it. */
const lastOfConnections = new WeakMap<Socket, Bearer & { given: unknown }>()

function tokenIn(given: unknown): string {
  if (typeof given !== 'string') throw new BadCredentials('authorization is not a text')
  if (given.length > MAX_TOKEN_LENGTH + SCHEME_LENGTH) throw new BadCredentials('the token is too long')
  const [, token] = /^bearer +([\w.~+/-]+=*)$/i.exec(given) ?? []
  if (token === undefined) throw new BadCredentials('the credentials are not a Bearer token')
  return token
}

const SCHEME_LENGTH = 'Bearer '.length

/** Finds the header. Node itself keeps the first of several. */
function authorizationOf({ headers, rawHeaders }: IncomingMessage): string | undefined {
  const { authorization } = headers
  if (authorization === undefined) return undefined
  let count = 0
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = rawHeaders[at]
    if (name?.length === HEADER_LENGTH && name.toLowerCase() === 'authorization') count++
  }
  if (count > 1) throw new BadCredentials('there are several Authorization headers')
  return authorization
}

const HEADER_LENGTH = 'authorization'.length
