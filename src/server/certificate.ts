import { createSecureContext, type SecureContextOptions } from 'node:tls'
import type { Logger } from 'pino'
import { ConfigError } from '../config/config-error.ts'
import { watchFile } from '../config/watch-file.ts'
import { reasonOf } from '../reason.ts'
import type { WatchedFile } from '../watched-file.ts'

export interface TlsFiles {
  /** Certificate with its chain. A PEM file. */
  certFile: string
  /** Its private key. A PEM file. */
  keyFile: string
}

/** Holds a certificate with its key, and reads them again when their files change. */
export class Certificate {
  readonly #cert: WatchedFile<Buffer>
  readonly #key: WatchedFile<Buffer>
  readonly #logger: Logger
  #used: Pick<SecureContextOptions, 'cert' | 'key'>
  #renew: (context: SecureContextOptions) => void = () => {}

  /** @throws ConfigError for files that cannot be read, or that do not belong together. */
  constructor({ certFile, keyFile }: TlsFiles, logger: Logger) {
    this.#logger = logger
    this.#cert = this.#watch('certFile', certFile)
    try {
      this.#key = this.#watch('keyFile', keyFile)
    } catch (error) {
      this.#cert.close()
      throw error
    }
    this.#used = this.context
    try {
      createSecureContext(this.#used)
    } catch (error) {
      this.close()
      const files = `tls.certFile ${certFile}, tls.keyFile ${keyFile}`
      const remedy = 'give a certificate and its private key as PEM'
      throw new ConfigError(`${files}: cannot be used together (${reasonOf(error)}); ${remedy}.`, {
        cause: error,
      })
    }
  }

  /** Options of a TLS server that has this certificate. */
  get context(): SecureContextOptions {
    return { cert: this.#cert.value, key: this.#key.value, minVersion: 'TLSv1.2' }
  }

  /** Calls with each new certificate. What cannot be used is logged, and leaves the one of before in use. */
  onRenewal(renew: (context: SecureContextOptions) => void): void {
    this.#renew = renew
  }

  close(): void {
    this.#cert.close()
    this.#key.close()
  }

  #watch(name: keyof TlsFiles, path: string): WatchedFile<Buffer> {
    const setting = `tls.${name}`
    return watchFile(
      { setting, path },
      {
        parse: (content) => content,
        onChange: () => this.#change(),
        onFailure: (error) =>
          this.#logger.warn(
            `${path} cannot be used for TLS (${reasonOf(error)}); the certificate of before stays in use`,
          ),
      },
    )
  }

  #change(): void {
    // A renewal replaces both files, and only one of them may have been looked at.
    this.#cert.look()
    this.#key.look()
    if (this.#cert.value === this.#used.cert && this.#key.value === this.#used.key) return
    createSecureContext(this.context)
    this.#used = this.context
    this.#renew(this.context)
    this.#logger.info(`TLS has a new certificate, of ${this.#cert.path}`)
  }
}
