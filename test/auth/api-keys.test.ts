import { mkdirSync, rmSync } from 'node:fs'
import { rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { createAuthentication } from '../../src/auth/authentication.ts'
import type { KeyEntry } from '../../src/auth/keys-file.ts'
import { createSecret, hashOf } from '../../src/auth/secret.ts'
import type { Caller } from '../../src/caller.ts'
import { ConfigError } from '../../src/config/config-error.ts'
import { until } from '../support/deadline.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'
import { admitted, openDoor } from './door.ts'

const refused = { code: 'UNAUTHENTICATED' }

interface TestKey {
  secret: string
  entry: KeyEntry
}

function createKey(name: string, special: Partial<KeyEntry> = {}): TestKey {
  const secret = createSecret()
  return { secret, entry: { name, sha256: hashOf(secret), grants: ['stats'], expiresAt: null, ...special } }
}

/** A door whose keys are these, in a file that can be changed. */
async function openDoorFor(...keys: TestKey[]) {
  const folder = await temporaryDirectory()
  const keysFile = join(folder.path, 'keys.json')
  /** Writes the file as `pgq-graphql key` does, by another that takes its place. */
  const write = async (content: string | TestKey[]) => {
    const text = typeof content === 'string' ? content : JSON.stringify(content.map(({ entry }) => entry))
    await writeFile(`${keysFile}.new`, text)
    await rename(`${keysFile}.new`, keysFile)
  }
  await write(keys)
  const door = await openDoor({ keysFile })
  return {
    ...door,
    keysFile,
    write,
    async [Symbol.asyncDispose]() {
      await door[Symbol.asyncDispose]()
      await folder[Symbol.asyncDispose]()
    },
  }
}

test('a secret has 256 random bits and a prefix, and is another each time', () => {
  const secrets = Array.from({ length: 100 }, createSecret)
  expect(new Set(secrets).size).toBe(100)
  for (const secret of secrets) expect(secret).toMatch(/^pgq_[\w-]{43}$/)
})

test('a key is one and the same caller, with its name and grants', async () => {
  const billing = createKey('billing', { grants: ['publish:main/orders'] })
  await using door = await openDoorFor(billing, createKey('other'))
  const caller = admitted(await door.bring(billing.secret))
  expect(caller.name).toBe('key:billing')
  expect(caller.access.grants).toEqual(['publish:main/orders/*'])
  expect(await door.bring(billing.secret)).toBe(caller)
  expect(caller.credentials.hasEnded).toBe(false)
})

test('what is no key is refused, and nothing of it is logged', async () => {
  const { secret, entry } = createKey('billing')
  await using door = await openDoorFor({ secret, entry })
  const flipped = secret.slice(0, -2) + (secret.at(-2) === 'A' ? 'B' : 'A') + secret.at(-1)
  for (const wrong of [flipped, `${secret}A`, secret.toUpperCase(), secret.slice(4), entry.sha256]) {
    const outcome = await door.bring(wrong)
    expect(outcome).toMatchObject({ ...refused, message: expect.stringMatching(/^Send credentials/) })
    expect(door.log()).not.toContain(wrong.slice(4))
  }
  expect(door.log()).toContain('there is no such key')
})

test('a key is good until it expires', async () => {
  const soon = createKey('soon', { expiresAt: new Date(Date.now() + 1_500).toISOString() })
  const past = createKey('past', { expiresAt: '2020-01-31T12:00:00Z' })
  await using door = await openDoorFor(soon, past)
  expect(await door.bring(past.secret)).toMatchObject(refused)
  expect(door.log()).toContain('the key has expired')
  const caller = admitted(await door.bring(soon.secret))
  await until(() => caller.credentials.hasEnded, 'its end')
  expect(await door.bring(soon.secret)).toMatchObject(refused)
})

describe('a file that changes', () => {
  test('ends what it does not say any more, and nothing else', async () => {
    const [kept, gone, lowered, shortened] = ['kept', 'gone', 'lowered', 'shortened'].map((name) =>
      createKey(name),
    )
    if (!kept || !gone || !lowered || !shortened) throw new Error('four keys')
    await using door = await openDoorFor(kept, gone, lowered, shortened)
    const before: Caller[] = []
    for (const { secret } of [kept, gone, lowered, shortened]) before.push(admitted(await door.bring(secret)))
    const added = createKey('added')
    const end = { expiresAt: '2100-01-01T00:00:00Z' }
    await door.write([
      added,
      { ...lowered, entry: { ...lowered.entry, grants: ['stats:main'] } },
      { ...shortened, entry: { ...shortened.entry, ...end } },
      kept,
    ])
    await until(() => before[1]?.credentials.hasEnded, 'the end of what is gone', { timeoutMs: 2_000 })
    expect(before.map(({ credentials }) => credentials.hasEnded)).toEqual([false, true, true, true])
    expect(await door.bring(kept.secret)).toBe(before[0])
    expect(await door.bring(gone.secret)).toMatchObject(refused)
    expect(admitted(await door.bring(lowered.secret)).access.grants).toEqual(['stats:main/*/*'])
    expect(admitted(await door.bring(shortened.secret)).credentials.expiresAtMs).toBe(
      Date.parse(end.expiresAt),
    )
    expect(admitted(await door.bring(added.secret)).name).toBe('key:added')
    expect(door.log()).toContain('"ended":["key:gone","key:lowered","key:shortened"]')
  })

  test.each([
    ['is no JSON', '[{"name":'],
    ['has a bad grant', JSON.stringify([createKey('x', { grants: ['fly'] }).entry])],
    ['has a key twice', JSON.stringify([createKey('x').entry, createKey('x').entry])],
    ['is empty', ''],
  ])('and then %s leaves the keys as they were', async (_title, content) => {
    const { secret, entry } = createKey('billing')
    await using door = await openDoorFor({ secret, entry })
    const caller = await door.bring(secret)
    await door.write(content)
    await until(() => door.log().includes('the keys before stay good'), 'the log')
    expect(await door.bring(secret)).toBe(caller)
    expect(admitted(caller).credentials.hasEnded).toBe(false)
    await door.write([])
    await until(() => admitted(caller).credentials.hasEnded, 'the end')
  })

  test('and is gone leaves no key good, until it is back as it was', async () => {
    const { secret, entry } = createKey('billing')
    await using door = await openDoorFor({ secret, entry })
    const caller = admitted(await door.bring(secret))
    await rm(door.keysFile)
    await until(() => caller.credentials.hasEnded, 'the end')
    expect(await door.bring(secret)).toMatchObject(refused)
    await until(() => door.log().includes('no key is good any more'), 'the log')
    await door.write([{ secret, entry }])
    await until(async () => !('code' in (await door.bring(secret))), 'the key')
    expect(caller.credentials.hasEnded).toBe(true)
  })

  test('and cannot be read leaves the keys as they were', async () => {
    const { secret, entry } = createKey('billing')
    await using door = await openDoorFor({ secret, entry })
    const caller = await door.bring(secret)
    // No look at the file comes between these two.
    rmSync(door.keysFile)
    mkdirSync(door.keysFile)
    await until(() => door.log().includes('the keys before stay good'), 'the log')
    expect(await door.bring(secret)).toBe(caller)
  })
})

test('a start without a good file is refused with what to do', async () => {
  await using folder = await temporaryDirectory()
  const keysFile = join(folder.path, 'keys.json')
  const create = () => createAuthentication({ keysFile })
  expect(create).toThrow(ConfigError)
  expect(create).toThrow(/there is no such file; make it with: pgq-graphql key create/)
  await writeFile(keysFile, JSON.stringify([{ name: 'a b', sha256: 'pgq_geheim', grants: ['fly'] }]))
  expect(create).toThrow(/key "0\.name": must be 1 to 64 letters/)
  expect(create).toThrow(/key "0\.sha256": must be a SHA-256/)
  expect(create).toThrow(/key "0\.grants\.0": "fly" is not a grant/)
  expect(create).toThrow(/key "0\.expiresAt": must be a time/)
  expect(create).not.toThrow(/geheim/)
})
