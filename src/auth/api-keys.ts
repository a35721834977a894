import { timingSafeEqual } from 'node:crypto'
import type { Logger } from 'pino'
import { Credentials } from '../access/credentials.ts'
import { type Caller, createCaller } from '../caller.ts'
import { watchFile } from '../config/watch-file.ts'
import { reasonOf } from '../reason.ts'
import type { WatchedFile } from '../watched-file.ts'
import { BadCredentials } from './bad-credentials.ts'
import type { Bearer } from './bearer.ts'
import { callerName } from './caller-name.ts'
import { expiryMs, type KeyEntry, parseKeys } from './keys-file.ts'

interface HeldKey {
  readonly hash: Buffer
  readonly caller: Caller
}

/**
 * Finds the callers of API keys, in a file that is read again when it changes. A key is one and the same caller until
 * its entry changes; then the credentials of that caller end.
 */
export class ApiKeys {
  readonly #file: WatchedFile<KeyEntry[]>
  readonly #logger: Logger
  #keys: ReadonlyMap<string, HeldKey>

  /** @throws ConfigError where there is no good file. */
  constructor(path: string, logger: Logger) {
    this.#logger = logger
    const remedy = 'make it with: pgq-graphql key create'
    this.#file = watchFile(
      { setting: 'auth.keysFile', path, remedy },
      {
        parse: (content) => parseKeys(path, content),
        onChange: (entries) => this.#replace(entries),
        onFailure: (error) => this.#failed(error),
      },
    )
    this.#keys = heldKeys(this.#file.value)
  }

  close(): void {
    this.#file.close()
  }

  /** @throws BadCredentials */
  callerOf({ hash }: Bearer): Caller {
    const key = this.#keys.get(hash)
    if (!key || !timingSafeEqual(key.hash, Buffer.from(hash, 'hex')))
      throw new BadCredentials('there is no such key in the keys file')
    const { caller } = key
    if (caller.credentials.hasEnded) throw new BadCredentials('the key has expired', { caller: caller.name })
    return caller
  }

  #replace(entries: readonly KeyEntry[]): void {
    const before = this.#keys
    const now = new Map(
      [...heldKeys(entries)].map(([hash, key]) => [hash, unchanged(before.get(hash), key) ?? key]),
    )
    this.#keys = now
    const ended = [...before].filter(([hash, key]) => now.get(hash) !== key).map(([, { caller }]) => caller)
    for (const { credentials } of ended) credentials.revoke()
    const names = ended.map(({ name }) => name)
    this.#logger.info({ ended: names }, `${this.#file.path}: read again, with ${now.size} keys`)
  }

  /** A file that is gone has no keys; one that cannot be read may have any, so those before stay. */
  #failed(error: unknown): void {
    const isGone = (error as NodeJS.ErrnoException).code === 'ENOENT'
    if (isGone) this.#replace([])
    const outcome = isGone ? 'no key is good any more' : 'the keys before stay good'
    this.#logger.error(`${outcome}: ${reasonOf(error)}`)
  }
}

function heldKeys(entries: readonly KeyEntry[]): Map<string, HeldKey> {
  return new Map(
    entries.map((entry) => {
      const { name, grants, sha256 } = entry
      const credentials = new Credentials(expiryMs(entry))
      const caller = createCaller({ name: callerName('key:', name), grants, credentials })
      return [sha256, { hash: Buffer.from(sha256, 'hex'), caller }]
    }),
  )
}

/** Returns the key before where the one of now says the same. */
function unchanged(before: HeldKey | undefined, { caller }: HeldKey): HeldKey | null {
  const isSame =
    before?.caller.name === caller.name &&
    before.caller.sight === caller.sight &&
    before.caller.credentials.expiresAtMs === caller.credentials.expiresAtMs
  return isSame ? before : null
}
