import { execFile } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** A private authority and what it has signed, as files. */
export interface Certificates {
  readonly authority: string
  /** Another authority, which has signed nothing. */
  readonly stranger: string
  /** For the name `localhost` alone. */
  readonly server: { certificate: string; key: string }
  /** For the user of this name. */
  client(user: string): Promise<{ certificate: string; key: string }>
}

/** Makes an authority in a directory by the program `openssl`. */
export async function makeCertificates(directory: string): Promise<Certificates> {
  const path = (name: string) => join(directory, name)
  const openssl = (...args: string[]) => run('openssl', args, { cwd: directory })
  const makeAuthority = async (name: string) => {
    await openssl(
      ...['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj', `/CN=${name}`],
      ...['-keyout', `${name}.key`, '-out', `${name}.crt`],
    )
    return path(`${name}.crt`)
  }
  const sign = async (name: string, extensions: string) => {
    await writeFile(path(`${name}.ext`), extensions)
    const request = ['-subj', `/CN=${name}`, '-keyout', `${name}.key`, '-out', `${name}.csr`]
    await openssl('req', '-newkey', 'rsa:2048', '-nodes', ...request)
    await openssl(
      ...['x509', '-req', '-in', `${name}.csr`, '-CA', 'authority.crt', '-CAkey', 'authority.key'],
      ...['-CAcreateserial', '-days', '2', '-extfile', `${name}.ext`, '-out', `${name}.crt`],
    )
    return { certificate: path(`${name}.crt`), key: path(`${name}.key`) }
  }
  return {
    authority: await makeAuthority('authority'),
    stranger: await makeAuthority('stranger'),
    server: await sign('server', 'subjectAltName=DNS:localhost'),
    client: (user) => sign(user, 'extendedKeyUsage=clientAuth'),
  }
}
