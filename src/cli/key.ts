import { GrantError, parseGrant } from '../access/grant.ts'
import { expiryMs, type KeyEntry, problemOfName } from '../auth/keys-file.ts'
import { createSecret, hashOf } from '../auth/secret.ts'
import { ConfigError } from '../config/config-error.ts'
import type { Config } from '../config/shape.ts'
import { parseSeconds } from '../duration.ts'
import { CliError } from './connect.ts'
import { changeKeys, readKeys } from './keys-file-change.ts'
import { formatTable } from './table.ts'

export interface NewKey {
  name: string
  grants: readonly string[]
  /** Such as `90d`; or `never`. */
  expires: string
}

/** Makes a key. Its secret goes to stdout, alone, and nowhere else. */
export async function createKey(config: Config, { name, grants, expires }: NewKey): Promise<void> {
  const path = pathOf(config)
  checkName(name)
  for (const grant of grants) checkGrant(grant)
  const expiresAt = expiryOf(expires)
  const secret = createSecret()
  const entry = { name, sha256: hashOf(secret), grants: [...grants], expiresAt }
  await changeKeys(path, (keys) => {
    if (keys?.some((key) => key.name === name))
      throw new CliError(
        `${path} has a key ${name}. Give another --name, or first: pgq-graphql key revoke ${name}`,
      )
    return [...(keys ?? []), entry]
  })
  const end = expiresAt === null ? 'It does not expire.' : `It is good until ${expiresAt}.`
  console.error(`Key ${name} is in ${path}. ${end} This is its secret, which is shown only once:`)
  console.log(secret)
  console.error('Send it as "Authorization: Bearer" and the secret.')
}

/** Shows the keys, without their hashes. */
export async function listKeys(config: Config): Promise<void> {
  const keys = await existingKeys(pathOf(config))
  console.log(
    formatTable(keys, [
      { title: 'NAME', value: ({ name }) => name },
      { title: 'GRANTS', value: ({ grants }) => grants.join(' ') },
      { title: 'EXPIRES', value: ({ expiresAt }) => expiresAt ?? 'never' },
      { title: 'STATE', value: (key) => (expiryMs(key) > Date.now() ? 'good' : 'expired') },
    ]),
  )
}

/** Deletes a key. */
export async function revokeKey(config: Config, name: string): Promise<void> {
  const path = pathOf(config)
  await changeKeys(path, (keys) => {
    const rest = (keys ?? []).filter((key) => key.name !== name)
    if (rest.length === (keys ?? []).length) throw new CliError(`${path} has no key ${name}.`)
    return rest
  })
  console.log(`Key ${name} is revoked.`)
}

function pathOf({ auth: { keysFile } }: Config): string {
  if (keysFile !== null) return keysFile
  throw new ConfigError(
    'There is no keys file. Give --keys-file keys.json, or auth.keysFile in a --config file.',
  )
}

async function existingKeys(path: string): Promise<KeyEntry[]> {
  const keys = await readKeys(path)
  if (!keys) throw new CliError(`There is no file ${path}. Make it with: pgq-graphql key create`)
  return keys
}

function checkName(name: string): void {
  const problem = problemOfName(name)
  if (problem !== null) throw new ConfigError(`--name ${JSON.stringify(name)}: ${problem}.`)
}

function checkGrant(grant: string): void {
  try {
    if (parseGrant(grant).resolve({})) return
  } catch (error) {
    if (error instanceof GrantError) throw new ConfigError(`--grant ${error.message}.`, { cause: error })
    throw error
  }
  throw new ConfigError(`--grant ${grant}: a key has no claims; write the value itself.`)
}

/** Longest time until a key expires (seconds): a hundred years. */
const MAX_SECONDS = 36_525 * 86_400

function expiryOf(expires: string): string | null {
  if (expires === 'never') return null
  const seconds = parseSeconds(expires)
  if (seconds === null || seconds === 0 || seconds > MAX_SECONDS) {
    throw new ConfigError(
      `--expires ${JSON.stringify(expires)}: must be a time such as 90d, 12h or 30min, of at most 100 years, or never.`,
    )
  }
  return new Date(Date.now() + seconds * 1_000).toISOString()
}
