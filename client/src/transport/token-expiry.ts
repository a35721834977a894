import { isObject } from '../errors.ts'

/**
 * Reads when a JWT expires, without checking it: that is for the server.
 *
 * @returns Milliseconds since 1970; Infinity for a token that does not say so, or is none.
 */
export function tokenExpiryMs(token: string): number {
  const claims = claimsOf(token)
  return isObject(claims) && typeof claims.exp === 'number' ? claims.exp * 1_000 : Number.POSITIVE_INFINITY
}

/** `atob` makes other letters of those beyond ASCII, which are of no interest here. */
function claimsOf(token: string): unknown {
  const [, payload = ''] = token.split('.')
  try {
    return JSON.parse(atob(payload.replaceAll('-', '+').replaceAll('_', '/')))
  } catch {
    return undefined
  }
}
