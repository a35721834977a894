import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { ConnectionOptions, SecureVersion } from 'node:tls'
import { ConnectionStringError, type Found, oneOf } from './connection-parameter.ts'

const modes = ['disable', 'allow', 'prefer', 'require', 'verify-ca', 'verify-full', 'no-verify'] as const
const versions = ['TLSv1', 'TLSv1.1', 'TLSv1.2', 'TLSv1.3'] as const

/** Parameters of a connection URI that tell how it is encrypted. */
export const tlsParameters = [
  ...['sslmode', 'ssl', 'sslrootcert', 'sslcert', 'sslkey', 'sslpassword', 'sslnegotiation'],
  ...['ssl_min_protocol_version', 'ssl_max_protocol_version'],
]

/** Says how a connection is encrypted, and what the server has to prove. */
export interface TlsSettings {
  /** Whether to go on unencrypted with a server that has no TLS. */
  isOptional: boolean
  /** What is checked: nothing, who signed the server's certificate, or also that it is for this host. */
  verifies: 'nothing' | 'authority' | 'host'
  /** File with the authorities' certificates; undefined for those that Node brings. */
  rootFile: string | undefined
  certificateFile: string | undefined
  keyFile: string | undefined
  keyPassphrase: string | undefined
  negotiation: 'postgres' | 'direct'
  minVersion: SecureVersion | undefined
  maxVersion: SecureVersion | undefined
}

/**
 * Gives the parameters libpq's meaning. `prefer`, the default, encrypts where the server can; `allow` does the same here.
 * `require` checks who signed the certificate if it is told the authorities, else nothing. `verify-full` trusts the
 * authorities that Node brings where it is told none.
 *
 * @param find Finds a parameter, or else a variable.
 * @param directory The user's `.postgresql`, whose files count where no others are named.
 * @returns Null for no encryption.
 * @throws ConnectionStringError for parameters that contradict each other or make no sense.
 */
export function tlsSettings(
  find: (name: string, variable: string) => Found,
  directory: string,
): TlsSettings | null {
  const { value: named, source } = find('sslrootcert', 'PGSSLROOTCERT')
  // Who names an authority in the URL wants it asked.
  const fallback =
    named === 'system' ? 'verify-full' : named && source === 'sslrootcert' ? 'require' : 'prefer'
  const given = oneOf(find('sslmode', ''), modes) ?? modeOfSwitch(find('ssl', ''))
  const mode = given ?? oneOf(find('sslmode', 'PGSSLMODE'), modes) ?? fallback
  if (mode === 'disable') return null
  const isOptional = mode === 'allow' || mode === 'prefer'
  const rootFile = named === 'system' ? undefined : named || fileIn(directory, 'root.crt')
  if (named === 'system' && mode !== 'verify-full') {
    throw new ConnectionStringError(`sslmode ${mode}: sslrootcert=system takes verify-full`)
  }
  if (mode === 'verify-ca' && rootFile === undefined) {
    throw new ConnectionStringError(
      'sslmode verify-ca: name the file with the certificate of your authority by sslrootcert, or use verify-full',
    )
  }
  const negotiation = oneOf(find('sslnegotiation', 'PGSSLNEGOTIATION'), ['postgres', 'direct']) ?? 'postgres'
  if (negotiation === 'direct' && isOptional) {
    throw new ConnectionStringError(`sslnegotiation direct: takes sslmode require or more, not ${mode}`)
  }
  const certificateFile = find('sslcert', 'PGSSLCERT').value || fileIn(directory, 'postgresql.crt')
  const keyFile = find('sslkey', 'PGSSLKEY').value || fileIn(directory, 'postgresql.key')
  if (certificateFile !== undefined && keyFile === undefined) {
    throw new ConnectionStringError(`sslcert ${certificateFile}: name the file with its key by sslkey`)
  }
  const checksAuthority = mode === 'verify-ca' || (mode === 'require' && rootFile !== undefined)
  return {
    isOptional,
    verifies: mode === 'verify-full' ? 'host' : checksAuthority ? 'authority' : 'nothing',
    rootFile,
    certificateFile,
    keyFile,
    keyPassphrase: find('sslpassword', '').value || undefined,
    negotiation,
    minVersion: oneOf(find('ssl_min_protocol_version', 'PGSSLMINPROTOCOLVERSION'), versions),
    maxVersion: oneOf(find('ssl_max_protocol_version', 'PGSSLMAXPROTOCOLVERSION'), versions),
  }
}

/** Reads the files. @throws ConnectionStringError for one that cannot be read. */
export function tlsOptions(settings: TlsSettings): ConnectionOptions {
  const { verifies, rootFile, certificateFile, keyFile, keyPassphrase, minVersion, maxVersion } = settings
  return {
    rejectUnauthorized: verifies !== 'nothing',
    ...(verifies === 'authority' && { checkServerIdentity: () => undefined }),
    ...(verifies !== 'nothing' && rootFile !== undefined && { ca: read('sslrootcert', rootFile) }),
    // A server that asks for no certificate is shown none.
    ...(certificateFile !== undefined &&
      keyFile !== undefined && { cert: read('sslcert', certificateFile), key: read('sslkey', keyFile) }),
    ...(keyPassphrase !== undefined && { passphrase: keyPassphrase }),
    ...(minVersion && { minVersion }),
    ...(maxVersion && { maxVersion }),
  }
}

/** Says what to do about an error of the handshake; undefined where nothing better is known than its message. */
export function tlsRemedy(error: unknown, { verifies, rootFile }: TlsSettings): string | undefined {
  const code = (error as { code?: unknown } | null)?.code
  if (typeof code !== 'string') return undefined
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID') {
    return 'connect by a name that the certificate is for, or use sslmode=verify-ca with sslrootcert, which does not compare names'
  }
  if (!unknownAuthority.includes(code) || verifies === 'nothing') return undefined
  const asked = rootFile ?? 'the authorities that Node brings'
  const unchecked =
    rootFile === undefined ? '; sslmode=require encrypts without asking who the server is' : ''
  return `the certificate was not signed by ${asked}: name the file with your authority's by sslrootcert or PGSSLROOTCERT${unchecked}`
}

/** Codes of Node for a certificate whose signer is not trusted. */
const unknownAuthority = [
  ...['DEPTH_ZERO_SELF_SIGNED_CERT', 'SELF_SIGNED_CERT_IN_CHAIN', 'UNABLE_TO_GET_ISSUER_CERT'],
  ...['UNABLE_TO_GET_ISSUER_CERT_LOCALLY', 'UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'CERT_SIGNATURE_FAILURE'],
]

/** Reads `ssl`, which is of other drivers; of its values libpq knows `true`. */
function modeOfSwitch(found: Found): (typeof modes)[number] | undefined {
  const value = oneOf(found, ['true', '1', 'false', '0', 'no-verify'])
  if (value === undefined || value === 'no-verify') return value
  return value === 'true' || value === '1' ? 'require' : 'disable'
}

function fileIn(directory: string, name: string): string | undefined {
  const path = join(directory, name)
  return existsSync(path) ? path : undefined
}

function read(parameter: string, path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    const reason = code === 'ENOENT' ? 'there is no such file' : `it cannot be read (${code})`
    throw new ConnectionStringError(`${parameter} ${path}: ${reason}`, { cause: error })
  }
}
