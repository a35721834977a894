import { createSecureContext, type SecureContextOptions } from 'node:tls'
import type { Logger } from 'pino'
import { ConfigError } from '../config/config-error.ts'
import { reasonOf } from '../reason.ts'
import { WatchedFile } from '../watched-file.ts'

export interface TlsFiles {
  /** Certificate with its chain. A PEM file. */
  certFile: string
  /** Its private key. A PEM file. */
  keyFile: string
}

/** Holds a certificate with its key, and reads them again when their files change. */
export class Certificate {
  readonly #cert: WatchedFile
  readonly #key: WatchedFile
  readonly #logger: Logger
  readonly #warned = new Set<string>()
  #renew: (context: SecureContextOptions) => void = () => {}

  /** @throws ConfigError for files that cannot be read, or that do not belong together. */
  constructor({ certFile, keyFile }: TlsFiles, logger: Logger) {
    this.#logger = logger
    this.#cert = this.#watch('certFile', certFile)
    this.#key = this.#watch('keyFile', keyFile)
    try {
      createSecureContext(this.context)
    } catch (error) {
      const files = `tls.certFile ${certFile}, tls.keyFile ${keyFile}`
      const remedy = 'give a certificate and its private key as PEM'
      throw new ConfigError(`${files}: cannot be used together (${reasonOf(error)}); ${remedy}.`, {
        cause: error,
      })
    }
  }

  /** Options of a TLS server that has this certificate. */
  get context(): SecureContextOptions {
    return { cert: this.#cert.content, key: this.#key.content, minVersion: 'TLSv1.2' }
  }

  /** Calls with each new certificate. What cannot be used is logged, and leaves the one of before in use. */
  onRenewal(renew: (context: SecureContextOptions) => void): void {
    this.#renew = renew
  }

  close(): void {
    this.#cert.close()
    this.#key.close()
  }

  #watch(setting: string, path: string): WatchedFile {
    const onFailure = (error: unknown) => this.#warn(`${path} cannot be used for TLS (${reasonOf(error)})`)
    try {
      return new WatchedFile(path, () => this.#change(), onFailure)
    } catch (error) {
      throw new ConfigError(`tls.${setting} ${path}: cannot be read (${reasonOf(error)}).`, { cause: error })
    }
  }

  #change(): void {
    createSecureContext(this.context)
    this.#renew(this.context)
    this.#warned.clear()
    this.#logger.info(`TLS has a new certificate, of ${this.#cert.path}`)
  }
  /** Says once what is wrong: a file that is away is looked for every second. */
  #warn(reason: string): void {
    if (this.#warned.has(reason)) return
    this.#warned.add(reason)
    this.#logger.warn(`${reason}; the certificate of before stays in use`)
  }
}
