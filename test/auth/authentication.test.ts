import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createSecret, hashOf } from '../../src/auth/secret.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'
import { admitted, type Door, openDoor } from './door.ts'

const secret = createSecret()
const message = 'Send credentials that are good, as "Authorization: Bearer" and a token or key'
const refused = { code: 'UNAUTHENTICATED', message }

let folder: Awaited<ReturnType<typeof temporaryDirectory>>
let keysFile = ''
let door: Door
beforeAll(async () => {
  folder = await temporaryDirectory()
  keysFile = join(folder.path, 'keys.json')
  const key = { name: 'k', sha256: hashOf(secret), grants: ['stats'], expiresAt: null }
  await writeFile(keysFile, JSON.stringify([key]))
  door = await openDoor({ keysFile })
})
afterAll(async () => {
  await door[Symbol.asyncDispose]()
  await folder[Symbol.asyncDispose]()
})

test.each(['Bearer', 'bearer', 'BEARER', 'Bearer  '])('the scheme may be written %j', async (scheme) => {
  expect(admitted(await door.enter(`${scheme} ${secret}`)).name).toBe('key:k')
})

test.each<[string, string | string[] | undefined]>([
  ['nothing', undefined],
  ['an empty header', ''],
  ['the scheme alone', 'Bearer'],
  ['an empty token', 'Bearer '],
  ['another scheme', `Basic ${secret}`],
  ['no scheme', secret],
  ['a longer scheme', `Bearerx ${secret}`],
  ['a tab before the token', `Bearer\t${secret}`],
  ['something behind the token', `Bearer ${secret} x`],
  ['two tokens', `Bearer ${secret}, Bearer ${secret}`],
  ['two headers', [`Bearer ${secret}`, `Bearer ${secret}`]],
  ['odd bytes', `Bearer ${secret}\xe9`],
  ['more than 8 kB', `Bearer ${'x'.repeat(8_200)}`],
  ['a quoted token', `Bearer "${secret}"`],
])('%s is refused', async (_title, authorization) => {
  expect(await door.enter(authorization)).toMatchObject(refused)
})

test('a token in a URL, a cookie or another header is none', async () => {
  expect(
    await door.enter(undefined, {}, `/?access_token=${secret}&authorization=Bearer%20${secret}`),
  ).toMatchObject(refused)
  for (const name of ['cookie', 'proxy-authorization', 'x-api-key', 'sec-websocket-protocol']) {
    const value = name === 'cookie' ? `authorization=${secret}` : `Bearer ${secret}`
    expect(await door.enter(undefined, { [name]: value })).toMatchObject(refused)
  }
})

describe('a WebSocket', () => {
  test('has its credentials in the header, or in what connection_init carries, which counts more', async () => {
    admitted(await door.init({}, `Bearer ${secret}`))
    admitted(await door.init({ authorization: `bearer ${secret}` }))
    admitted(await door.init({ authorization: `Bearer ${secret}` }, 'Bearer bad'))
    expect(await door.init({ authorization: 'Bearer bad' }, `Bearer ${secret}`)).toMatchObject(refused)
    expect(await door.init({})).toMatchObject(refused)
  })

  test.each([7, true, [`Bearer ${secret}`], { toString: 'x' }, ''])(
    'with authorization %j is refused',
    async (authorization) => {
      expect(await door.init({ authorization }, `Bearer ${secret}`)).toMatchObject(refused)
    },
  )
})

describe('a request without credentials', () => {
  test('is anonymous where that has grants, and one with bad ones is not', async () => {
    await using open = await openDoor({ keysFile, anonymous: ['stats:main'] })
    const caller = admitted(await open.enter())
    expect(caller).toMatchObject({ name: 'anonymous', access: { grants: ['stats:main/*/*'] } })
    expect(await open.enter()).toBe(caller)
    expect(await open.init({})).toBe(caller)
    for (const bad of ['', 'Bearer bad', `Basic ${secret}`])
      expect(await open.enter(bad)).toMatchObject(refused)
  })

  test('is refused where nothing is configured, as any other is', async () => {
    await using closed = await openDoor({})
    for (const each of [undefined, `Bearer ${secret}`, 'Bearer a.b.c'])
      expect(await closed.enter(each)).toMatchObject(refused)
  })
})

test('the log says why and who, and the same once in ten seconds', async () => {
  await using quiet = await openDoor({ keysFile })
  for (let count = 0; count < 20; count++) await quiet.enter('Bearer bad')
  await quiet.enter('Basic x')
  expect(quiet.lines).toEqual([
    expect.objectContaining({
      level: 30,
      msg: 'Credentials are refused: the token is not a signed JWT that can be read',
      client: expect.stringContaining('127.0.0.1'),
    }),
    expect.objectContaining({ msg: 'Credentials are refused: the credentials are not a Bearer token' }),
  ])
})
