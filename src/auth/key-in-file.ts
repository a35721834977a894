import { createPublicKey, createSecretKey, type KeyObject } from 'node:crypto'
import type { Algorithm } from '../config/auth-shape.ts'
import { ConfigError } from '../config/config-error.ts'

/** A key, and the algorithms that may check signatures by it. */
export interface FileKey {
  readonly key: KeyObject
  readonly algorithms: readonly Algorithm[]
}

/**
 * Reads a public key or certificate in PEM.
 *
 * @param wanted Null for all algorithms that fit the key.
 * @throws ConfigError where there is none, or it does not fit.
 */
export function readPublicKey(path: string, content: Buffer, wanted: readonly Algorithm[] | null): FileKey {
  if (content.includes('PRIVATE KEY'))
    throw new ConfigError(
      `${path}: this is a private key, which only the issuer should have; give its public key.`,
    )
  const key = parsePublicKey(path, content)
  const fitting = algorithmsOf(key)
  if (fitting.length === 0)
    throw new ConfigError(`${path}: give an RSA key of at least 2048 bits, P-256, P-384, P-521 or Ed25519.`)
  const foreign = wanted?.find((algorithm) => !fitting.includes(algorithm))
  if (foreign !== undefined)
    throw new ConfigError(`${path}: algorithm ${foreign} does not fit this key; ${fitting.join(', ')} do.`)
  return { key, algorithms: wanted ?? fitting }
}

/** Reads a secret. @throws ConfigError for one that is shorter than a hash of the algorithm (RFC 7518). */
export function readSecret(
  path: string,
  content: Buffer,
  algorithms: readonly Algorithm[] = ['HS256'],
): FileKey {
  const secret = withoutLineEnd(content)
  const neededBytes = Math.max(...algorithms.map((algorithm) => Number(algorithm.slice('HS'.length)) / 8))
  if (secret.length < neededBytes) {
    throw new ConfigError(
      `${path}: ${algorithms.join(', ')} needs a secret of ${neededBytes} bytes or more; make one with: openssl rand -base64 48`,
    )
  }
  return { key: createSecretKey(secret), algorithms }
}

function parsePublicKey(path: string, content: Buffer): KeyObject {
  try {
    return createPublicKey(content)
  } catch (error) {
    throw new ConfigError(`${path}: there is no public key or certificate in PEM.`, { cause: error })
  }
}

const MIN_RSA_BITS = 2_048

const rsaPss: readonly Algorithm[] = ['PS256', 'PS384', 'PS512']
const ofCurve: Readonly<Record<string, readonly Algorithm[]>> = {
  prime256v1: ['ES256'],
  secp384r1: ['ES384'],
  secp521r1: ['ES512'],
}

function algorithmsOf({ asymmetricKeyType, asymmetricKeyDetails }: KeyObject): readonly Algorithm[] {
  const isLong = (asymmetricKeyDetails?.modulusLength ?? 0) >= MIN_RSA_BITS
  if (asymmetricKeyType === 'rsa' && isLong) return ['RS256', 'RS384', 'RS512', ...rsaPss]
  if (asymmetricKeyType === 'ec') return ofCurve[asymmetricKeyDetails?.namedCurve ?? ''] ?? []
  return asymmetricKeyType === 'ed25519' ? ['EdDSA', 'Ed25519'] : []
}

function withoutLineEnd(content: Buffer): Buffer {
  const [text] = content.toString('latin1').split(/\r?\n$/)
  return Buffer.from(text ?? '', 'latin1')
}
