import { hash, randomBytes } from 'node:crypto'

/** Beginning of every API key, by which people and scanners of secrets know one. */
export const KEY_PREFIX = 'pgq_'

const RANDOM_BYTES = 32

/** Makes the secret of a new API key. */
export function createSecret(): string {
  return KEY_PREFIX + randomBytes(RANDOM_BYTES).toString('base64url')
}

/** What is kept of a secret, which is too random to be guessed from this. */
export function hashOf(secret: string): string {
  return hash('sha256', secret, 'hex')
}
