import { createHmac, createPublicKey } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import type { IncomingMessage } from 'node:http'
import { join } from 'node:path'
import { exportJWK, exportPKCS8, exportSPKI, importPKCS8 } from 'jose'
import { afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { createAuthentication } from '../../src/auth/authentication.ts'
import { ConfigError } from '../../src/config/config-error.ts'
import { makeCertificates } from '../support/certificates.ts'
import { until } from '../support/deadline.ts'
import {
  audience,
  createSigningKey,
  issuer,
  type SigningKey,
  signToken,
  startIdentityProvider,
} from '../support/identity-provider.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'
import { admitted, openDoor } from './door.ts'

let key: SigningKey
let rsaKey: SigningKey
let foreignKey: SigningKey
beforeAll(async () => {
  key = await createSigningKey('one')
  rsaKey = await createSigningKey('rsa', 'RS256')
  foreignKey = await createSigningKey('one')
})
afterEach(() => {
  vi.useRealTimers()
})

const refused = { code: 'UNAUTHENTICATED' }
const unavailable = { code: 'UNAVAILABLE' }
const seconds = () => Math.floor(Date.now() / 1_000)
const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')

/** Stops what clocks show, and no timer. */
function stopClocks(): void {
  vi.useFakeTimers({ toFake: ['Date', 'performance'] })
}

const passTime = (ms: number) => vi.advanceTimersByTime(ms)

describe('a token', () => {
  beforeEach(stopClocks)

  test('is a caller with its grants, those of its scope, and its expiry', async () => {
    await using provider = await startIdentityProvider(key)
    await using door = await openDoor({ jwt: [{ issuer, audience, jwksUrl: provider.jwksUrl }] })
    const exp = seconds() + 100
    const claims = {
      exp,
      pgq: ['publish:main/orders', 'read:main/orders?extra1={tenant}'],
      scope: 'openid pgq:stats:main profile pgq:',
      tenant: 'acme',
    }
    const caller = admitted(await door.bring(await signToken(key, claims)))
    expect(caller.name).toBe('jwt:ada')
    expect(caller.access.grants).toEqual([
      'publish:main/orders/*',
      'read:main/orders/*?{"extra1":"acme"}',
      'stats:main/*/*',
    ])
    expect(caller.credentials.expiresAtMs).toBe((exp + 5) * 1_000)
    expect(door.log()).toContain('grants nothing')
  })

  test('is one and the same caller while it is known, and is fetched no key for again', async () => {
    await using provider = await startIdentityProvider(key)
    await using door = await openDoor({ jwt: [{ issuer, audience, jwksUrl: provider.jwksUrl }] })
    const token = await signToken(key, { pgq: ['stats'] })
    const both = await Promise.all([door.bring(token), door.bring(token)])
    const later = await door.bring(token)
    expect(admitted(both[0])).toBe(both[1])
    expect(later).toBe(both[0])
    expect(provider.fetches).toBe(1)
    passTime(301_000)
    expect(await door.bring(token), 'checked again').toBe(later)
    expect(await door.bring(await signToken(key, { pgq: ['stats'] }))).not.toBe(later)
  })

  test('with grants that cannot be read is good, has the others, and is logged', async () => {
    await using provider = await startIdentityProvider(key)
    await using door = await openDoor({ jwt: [{ issuer, audience, jwksUrl: provider.jwksUrl }] })
    const caller = await door.bring(await signToken(key, { pgq: ['fly:main', 7, 'stats'] }))
    expect(admitted(caller).access.grants).toEqual(['stats:*/*/*'])
    const unlisted = await door.bring(await signToken(key, { pgq: 'admin' }))
    expect(admitted(unlisted).access.grants).toEqual([])
    expect(door.lines).toContainEqual(
      expect.objectContaining({
        caller: 'jwt:ada',
        reason: expect.stringContaining('"fly:main" is not a grant'),
      }),
    )
  })

  test('names its grants in the claim that is configured', async () => {
    await using provider = await startIdentityProvider(key)
    const jwt = { issuer, audience, jwksUrl: provider.jwksUrl, grantsClaim: 'https://acme.example/grants' }
    await using door = await openDoor({ jwt: [jwt] })
    const claims = { 'https://acme.example/grants': ['stats'], pgq: ['admin'] }
    expect(admitted(await door.bring(await signToken(key, claims))).access.grants).toEqual(['stats:*/*/*'])
  })

  test('ends when it expires, though it is known', async () => {
    await using provider = await startIdentityProvider(key)
    await using door = await openDoor({ jwt: [{ issuer, audience, jwksUrl: provider.jwksUrl }] })
    const token = await signToken(key, { exp: seconds() + 60 })
    const caller = admitted(await door.bring(token))
    passTime(66_000)
    expect(await door.bring(token)).toMatchObject(refused)
    expect(caller.credentials.hasEnded).toBe(true)
  })

  test.each([
    ['plain', 'ada', 'jwt:ada'],
    ['with a line break', 'a\nb', expect.stringMatching(/^jwt:sha256:[0-9a-f]{64}$/)],
    ['long', 'x'.repeat(129), expect.stringMatching(/^jwt:sha256:[0-9a-f]{64}$/)],
    ['that looks like a hash', 'sha256:00', expect.stringMatching(/^jwt:sha256:[0-9a-f]{64}$/)],
    ['missing', undefined, 'jwt:'],
  ])('whose subject is %s has a short name without control characters', async (_title, sub, name) => {
    await using provider = await startIdentityProvider(key)
    await using door = await openDoor({ jwt: [{ issuer, audience, jwksUrl: provider.jwksUrl }] })
    expect(admitted(await door.bring(await signToken(key, { sub }))).name).toEqual(name)
  })
})

describe('a forged token', () => {
  type Forgery = () => Promise<string> | string
  const claims = { iss: issuer, aud: audience, sub: 'ada', pgq: ['admin'], exp: seconds() + 600 }
  const forgeries: [string, Forgery, why: RegExp][] = [
    ['alg none', () => `${part({ alg: 'none' })}.${part(claims)}.`, /alg of the token/],
    ['alg nOnE', () => `${part({ alg: 'nOnE' })}.${part(claims)}.AA`, /alg of the token/],
    ['no signature', async () => `${(await signToken(key)).split('.').slice(0, 2).join('.')}.`, /signature/],
    [
      'a changed payload',
      async () => {
        const [header, , signature] = (await signToken(key)).split('.')
        return `${header}.${part(claims)}.${signature}`
      },
      /signature/,
    ],
    [
      'a MAC with the public key as its secret',
      async () => {
        const signed = `${part({ alg: 'HS256', kid: 'rsa' })}.${part(claims)}`
        const secret = await exportSPKI(rsaKey.publicKey)
        return `${signed}.${createHmac('sha256', secret).update(signed).digest('base64url')}`
      },
      /alg of the token/,
    ],
    ['a key of somebody else under a known kid', () => signToken(foreignKey), /signature/],
    ['a kid that names a file', () => signToken(key, {}, { kid: '../../dev/null' }), /no key that fits/],
    [
      'a kid that is no text',
      () => signToken(key, {}, { kid: { toString: 'one' } }),
      /no key that fits|can be read/,
    ],
    [
      'a key of its own in the header',
      async () => signToken(foreignKey, {}, { jwk: await exportJWK(foreignKey.publicKey) }),
      /signature/,
    ],
    [
      'a URL of keys in the header',
      () => signToken(foreignKey, {}, { jku: 'http://127.0.0.1:1/' }),
      /signature/,
    ],
    ['another issuer', () => signToken(key, { iss: 'https://evil.example' }), /no issuer in auth\.jwt/],
    ['no issuer', () => signToken(key, { iss: undefined }), /no issuer in auth\.jwt/],
    ['two issuers', () => signToken(key, { iss: [issuer] }), /no issuer in auth\.jwt/],
    ['another audience', () => signToken(key, { aud: 'other' }), /claim aud of the token is wrong/],
    ['no audience', () => signToken(key, { aud: undefined }), /claim aud of the token is missing/],
    ['expired by a second beyond the tolerance', () => signToken(key, { exp: seconds() - 6 }), /expired/],
    ['no exp', () => signToken(key, { exp: undefined }), /claim exp of the token is missing/],
    ['an exp that is a text', () => signToken(key, { exp: '9999999999' }), /claim exp of the token/],
    [
      'not valid before soon',
      () => signToken(key, { nbf: seconds() + 60 }),
      /claim nbf of the token is wrong/,
    ],
    [
      'an extension that must be understood',
      async () => {
        const [, payload, signature] = (await signToken(key)).split('.')
        return `${part({ alg: 'ES256', kid: 'one', crit: ['x'], x: 1 })}.${payload}.${signature}`
      },
      /signed JWT that can be read/,
    ],
    [
      'a payload that is no object',
      () => `${part({ alg: 'ES256', kid: 'one' })}.${part([claims])}.AA`,
      /signed JWT that can be read/,
    ],
    ['five parts, as encrypted ones have', () => 'a.b.c.d.e', /signed JWT that can be read/],
    [
      'a token in a token',
      async () => `${part({ alg: 'ES256', cty: 'JWT' })}.${await signToken(key)}`,
      /signed JWT that can be read/,
    ],
    ['more than 8 kB', () => signToken(key, { pad: 'x'.repeat(8_192) }), /too long/],
    [
      'a header of a thousand lists',
      () => `${Buffer.from('['.repeat(1_000)).toString('base64url')}.e30.AA`,
      /no issuer in auth\.jwt/,
    ],
  ]

  test.each(forgeries)('is refused: %s', async (_title, forge, why) => {
    await using provider = await startIdentityProvider(key, rsaKey)
    await using door = await openDoor({ jwt: [{ issuer, audience, jwksUrl: provider.jwksUrl }] })
    const token = await forge()
    const outcome = await door.bring(token)
    expect(outcome).toMatchObject({
      ...refused,
      message: expect.stringMatching(/^Send credentials that are good/),
    })
    expect(door.lines.map(({ msg }) => msg).join('\n')).toMatch(why)
    for (const piece of token.split('.').filter(({ length }) => length > 20))
      expect(door.log()).not.toContain(piece)
    // The door still opens for a good one.
    admitted(await door.bring(await signToken(key)))
  })

  test('is refused where only the tolerance would make it good', async () => {
    await using provider = await startIdentityProvider(key)
    const jwt = { issuer, audience, jwksUrl: provider.jwksUrl, clockToleranceSeconds: 0 }
    await using door = await openDoor({ jwt: [jwt] })
    const token = await signToken(key, { exp: seconds() - 2 })
    expect(await door.bring(token)).toMatchObject(refused)
    await using tolerant = await openDoor({ jwt: [{ ...jwt, clockToleranceSeconds: 60 }] })
    admitted(await tolerant.bring(token))
  })

  test('is refused where its good signature is of an algorithm that is not listed', async () => {
    await using provider = await startIdentityProvider(key, rsaKey)
    const jwt = { issuer, audience, jwksUrl: provider.jwksUrl, algorithms: ['ES256' as const] }
    await using door = await openDoor({ jwt: [jwt] })
    expect(await door.bring(await signToken(rsaKey))).toMatchObject(refused)
    admitted(await door.bring(await signToken(key)))
  })
})

describe('issuers', () => {
  beforeEach(stopClocks)

  test('are told apart, each with its own keys and audience', async () => {
    const other = 'https://other.example'
    await using provider = await startIdentityProvider(key)
    await using otherProvider = await startIdentityProvider(rsaKey)
    await using door = await openDoor({
      jwt: [
        { issuer, audience, jwksUrl: provider.jwksUrl },
        { issuer: other, audience: 'elsewhere', jwksUrl: otherProvider.jwksUrl },
      ],
    })
    const ours = admitted(await door.bring(await signToken(key)))
    expect(ours.name).toBe('jwt:https://id.example ada')
    const theirs = await door.bring(await signToken(rsaKey, { iss: other, aud: 'elsewhere' }))
    expect(admitted(theirs).name).toBe('jwt:https://other.example ada')
    expect(await door.bring(await signToken(key, { iss: other, aud: 'elsewhere' }))).toMatchObject(refused)
    expect(await door.bring(await signToken(rsaKey))).toMatchObject(refused)
  })

  test('rotate their keys: an unknown kid is looked up, and not again within a minute', async () => {
    await using provider = await startIdentityProvider(key)
    await using door = await openDoor({ jwt: [{ issuer, audience, jwksUrl: provider.jwksUrl }] })
    admitted(await door.bring(await signToken(key)))
    const next = await createSigningKey('two')
    provider.publish(key, next)
    for (let count = 0; count < 3; count++)
      expect(await door.bring(await signToken(next))).toMatchObject(refused)
    expect(provider.fetches).toBe(1)
    passTime(61_000)
    admitted(await door.bring(await signToken(next)))
    for (let count = 0; count < 3; count++)
      expect(await door.bring(await signToken(key, {}, { kid: 'three' }))).toMatchObject(refused)
    expect(provider.fetches).toBe(2)
  })

  test('withdraw a key: its tokens end, and those who hold them', async () => {
    await using provider = await startIdentityProvider(key)
    await using door = await openDoor({ jwt: [{ issuer, audience, jwksUrl: provider.jwksUrl }] })
    const token = await signToken(key, { exp: seconds() + 7_200 })
    const caller = admitted(await door.bring(token))
    provider.publish(await createSigningKey('two'))
    passTime(601_000)
    expect(await door.bring(token)).toMatchObject(refused)
    expect(caller.credentials.hasEnded).toBe(true)
  })

  test('whose keys cannot be fetched make tokens UNAVAILABLE, until they can be', async () => {
    await using provider = await startIdentityProvider(key)
    provider.answerWith(500)
    await using door = await openDoor({ jwt: [{ issuer, audience, jwksUrl: provider.jwksUrl }] })
    const token = await signToken(key)
    for (let count = 0; count < 3; count++) expect(await door.bring(token)).toMatchObject(unavailable)
    expect(provider.fetches, 'within five seconds').toBe(1)
    expect(door.lines.filter(({ msg }) => msg.includes('cannot be fetched'))).toHaveLength(1)
    provider.answerWith(200)
    passTime(5_001)
    admitted(await door.bring(token))
    expect(door.log()).toContain('can be fetched again')
  })

  test('that are away leave the keys that are known good for an hour', async () => {
    await using provider = await startIdentityProvider(key)
    await using door = await openDoor({ jwt: [{ issuer, audience, jwksUrl: provider.jwksUrl }] })
    const far = { exp: seconds() + 100_000 }
    admitted(await door.bring(await signToken(key, far)))
    provider.answerWith(503)
    passTime(601_000)
    admitted(await door.bring(await signToken(key, { ...far, sub: 'bob' })))
    expect(await door.bring(await signToken(key, far, { kid: 'two' })), 'perhaps a new key').toMatchObject(
      unavailable,
    )
    passTime(3_601_000)
    expect(await door.bring(await signToken(key, { ...far, sub: 'eve' }))).toMatchObject(unavailable)
  })
})

describe('a key in a file', () => {
  test.each(['RS256', 'PS384', 'ES256', 'ES512', 'EdDSA'])('checks tokens of %s', async (algorithm) => {
    await using folder = await temporaryDirectory()
    const publicKeyFile = join(folder.path, 'public.pem')
    const own = await createSigningKey('', algorithm)
    await writeFile(publicKeyFile, await exportSPKI(own.publicKey))
    await using door = await openDoor({ jwt: [{ issuer, audience, publicKeyFile }] })
    admitted(await door.bring(await signToken(own)))
    expect(await door.bring(await signToken(await createSigningKey('', algorithm)))).toMatchObject(refused)
  })

  test('may be that of a certificate', async () => {
    await using folder = await temporaryDirectory()
    const { server } = await makeCertificates(folder.path)
    await using door = await openDoor({ jwt: [{ issuer, audience, publicKeyFile: server.certificate }] })
    const privateKey = await importPKCS8(await readFile(server.key, 'utf8'), 'PS256')
    admitted(await door.bring(await signToken({ ...rsaKey, algorithm: 'PS256', privateKey })))
    expect(await door.bring(await signToken(rsaKey))).toMatchObject(refused)
  })

  test('is no secret: a MAC that is made with it is refused', async () => {
    await using folder = await temporaryDirectory()
    const publicKeyFile = join(folder.path, 'public.pem')
    const pem = await exportSPKI(rsaKey.publicKey)
    await writeFile(publicKeyFile, pem)
    await using door = await openDoor({ jwt: [{ issuer, audience, publicKeyFile }] })
    const der = createPublicKey(pem).export({ format: 'der', type: 'spki' })
    for (const secret of [pem, pem.trim(), der]) {
      const signed = `${part({ alg: 'HS256' })}.${part({ iss: issuer, aud: audience, exp: seconds() + 60 })}`
      const mac = createHmac('sha256', secret).update(signed).digest('base64url')
      expect(await door.bring(`${signed}.${mac}`)).toMatchObject(refused)
    }
  })

  test('may be a secret, without the end of its line', async () => {
    await using folder = await temporaryDirectory()
    const secretFile = join(folder.path, 'secret')
    const secret = 'x'.repeat(32)
    await writeFile(secretFile, `${secret}\n`)
    await using door = await openDoor({ jwt: [{ issuer, audience, secretFile }] })
    const sign = (alg: string, claims: object) => {
      const signed = `${part({ alg })}.${part({ iss: issuer, aud: audience, ...claims })}`
      return `${signed}.${createHmac('sha256', secret).update(signed).digest('base64url')}`
    }
    expect(admitted(await door.bring(sign('HS256', { sub: 'svc', exp: seconds() + 60 }))).name).toBe(
      'jwt:svc',
    )
    expect(await door.bring(sign('HS256', { sub: 'svc' })), 'without exp').toMatchObject(refused)
    expect(await door.bring(sign('HS512', { exp: seconds() + 60 }))).toMatchObject(refused)
  })

  test('is read again when it changes; callers of the key before end, and a bad file changes nothing', async () => {
    await using folder = await temporaryDirectory()
    const publicKeyFile = join(folder.path, 'public.pem')
    await writeFile(publicKeyFile, await exportSPKI(key.publicKey))
    await using door = await openDoor({ jwt: [{ issuer, audience, publicKeyFile }] })
    const token = await signToken(key)
    const caller = admitted(await door.bring(token))
    await writeFile(publicKeyFile, 'nonsense')
    await until(() => door.log().includes('the key before stays in use'), 'the failure')
    expect(await door.bring(token)).toBe(caller)
    await writeFile(publicKeyFile, await exportSPKI(rsaKey.publicKey))
    await until(() => caller.credentials.hasEnded, 'the end of the caller')
    expect(await door.bring(token)).toMatchObject(refused)
    admitted(await door.bring(await signToken(rsaKey)))
  })

  test('ends when it changes even for callers of so long ago that their tokens are known no more', async () => {
    await using folder = await temporaryDirectory()
    const publicKeyFile = join(folder.path, 'public.pem')
    await writeFile(publicKeyFile, await exportSPKI(key.publicKey))
    await using door = await openDoor({ jwt: [{ issuer, audience, publicKeyFile }] })
    const token = await signToken(key)
    const caller = admitted(await door.bring(token))
    // A hundred thousand grants are kept.
    const pgq = Array.from({ length: 300 }, (_, n) => `stats:d${n}`)
    for (let sub = 0; sub < 350; sub++)
      admitted(await door.bring(await signToken(key, { sub: String(sub), pgq })))
    expect(admitted(await door.bring(token)), 'it is forgotten').not.toBe(caller)
    let isTold = false
    caller.credentials.onEnd(() => {
      isTold = true
    })
    await writeFile(publicKeyFile, await exportSPKI(rsaKey.publicKey))
    await until(() => isTold, 'the end of its streams')
    expect(caller.credentials.hasEnded).toBe(true)
  })

  test('that becomes another while a token is checked makes that token no good', async () => {
    await using folder = await temporaryDirectory()
    const publicKeyFile = join(folder.path, 'public.pem')
    await writeFile(publicKeyFile, await exportSPKI(key.publicKey))
    const token = await signToken(key)
    const otherKey = await exportSPKI(rsaKey.publicKey)
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
    const { authenticate, close } = createAuthentication({ jwt: [{ issuer, audience, publicKeyFile }] })
    try {
      const request = { headers: {}, rawHeaders: [], socket: {} } as unknown as IncomingMessage
      const checked = authenticate(request, { authorization: `Bearer ${token}` })
      // A tick comes when all is done but the work of other threads, such as that on a signature.
      await new Promise<void>((resolve) => {
        process.nextTick(() => {
          writeFileSync(publicKeyFile, otherKey)
          vi.advanceTimersByTime(1_000)
          resolve()
        })
      })
      await expect(checked).rejects.toMatchObject(refused)
    } finally {
      close()
    }
  })
})

describe('a bad configuration is refused', () => {
  const url = 'https://id.example/jwks.json'
  const base = { issuer, audience }
  test.each<[string, object[], RegExp]>([
    ['no key', [base], /auth\.jwt\.0: give one of jwksUrl, publicKeyFile and secretFile/],
    ['two keys', [{ ...base, jwksUrl: url, secretFile: 'x' }], /give one of jwksUrl/],
    ['no audience', [{ issuer, jwksUrl: url }], /auth\.jwt\.0\.audience: must be the aud/],
    ['alg none', [{ ...base, jwksUrl: url, algorithms: ['none'] }], /must be one of RS256/],
    ['no algorithm', [{ ...base, jwksUrl: url, algorithms: [] }], /algorithms: must name an algorithm/],
    [
      'a MAC by public keys',
      [{ ...base, jwksUrl: url, algorithms: ['RS256', 'HS256'] }],
      /algorithms: must be of RS256.*public key/,
    ],
    ['a MAC by a public key', [{ ...base, publicKeyFile: 'x', algorithms: ['HS256'] }], /fit a public key/],
    ['a signature by a secret', [{ ...base, secretFile: 'x', algorithms: ['ES256'] }], /fit a secret/],
    [
      'an issuer twice',
      [
        { ...base, jwksUrl: url },
        { ...base, secretFile: 'x' },
      ],
      /each issuer once/,
    ],
    ['a URL with a password', [{ ...base, jwksUrl: 'https://u:geheim@h/' }], /no user and no password/],
    ['a URL of a file', [{ ...base, jwksUrl: 'file:///etc/passwd' }], /must be an https:\/\/ URL/],
    [
      'a file that is missing',
      [{ ...base, publicKeyFile: '/nowhere.pem' }],
      /publicKeyFile \/nowhere\.pem: there is no such file/,
    ],
  ])('for %s', (_title, jwt, message) => {
    const create = () => createAuthentication({ jwt: jwt as never })
    expect(create).toThrow(ConfigError)
    expect(create).toThrow(message)
    expect(create).not.toThrow(/geheim/)
  })

  test('for files that hold no good key', async () => {
    await using folder = await temporaryDirectory()
    const file = join(folder.path, 'key')
    const tryKey = async (content: string, jwt: object) => {
      await writeFile(file, content)
      return () => createAuthentication({ jwt: [{ ...base, ...jwt }] })
    }
    const publicKey = { publicKeyFile: file }
    expect(await tryKey('nonsense', publicKey)).toThrow(/no public key or certificate in PEM/)
    expect(await tryKey(await exportPKCS8(rsaKey.privateKey), publicKey)).toThrow(/this is a private key/)
    const pem = await exportSPKI(rsaKey.publicKey)
    expect(await tryKey(pem, { ...publicKey, algorithms: ['ES256'] })).toThrow(
      /ES256 does not fit this key; RS256/,
    )
    expect(await tryKey('short', { secretFile: file })).toThrow(/a secret of 32 bytes/)
    expect(await tryKey('x'.repeat(40), { secretFile: file, algorithms: ['HS512'] })).toThrow(/64 bytes/)
  })
})
