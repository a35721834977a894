import type { JWTPayload } from 'jose'
import { GrantError, parseGrant } from '../access/grant.ts'

const SCOPE_PREFIX = 'pgq:'

/**
 * Finds the grants of a token: those in the list of its claim, and the words of `scope` that begin with `pgq:`. What
 * cannot be read grants nothing.
 *
 * @param onUnreadable Told why.
 */
export function grantsOf(
  payload: JWTPayload,
  claim: string,
  onUnreadable: (reason: string) => void,
): readonly string[] {
  const listed = Object.hasOwn(payload, claim) ? payload[claim] : []
  if (!Array.isArray(listed)) onUnreadable(`its claim ${JSON.stringify(claim)} is no list`)
  return [...(Array.isArray(listed) ? (listed as unknown[]) : []), ...grantsInScope(payload.scope)].filter(
    (grant): grant is string => isReadable(grant, onUnreadable),
  )
}

function grantsInScope(scope: unknown): string[] {
  if (typeof scope !== 'string') return []
  const words = scope.split(' ').filter((word) => word.startsWith(SCOPE_PREFIX))
  return words.map((word) => word.slice(SCOPE_PREFIX.length))
}

function isReadable(grant: unknown, onUnreadable: (reason: string) => void): boolean {
  if (typeof grant !== 'string') {
    onUnreadable('a grant is no text')
    return false
  }
  try {
    parseGrant(grant)
    return true
  } catch (error) {
    if (!(error instanceof GrantError)) throw error
    onUnreadable(error.message)
    return false
  }
}
