import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { ConfigError } from '../../src/config/config-error.ts'
import { defaults } from '../../src/config/defaults.ts'
import { type FlagValue, loadConfig, type Sources } from '../../src/config/load.ts'
import { allOptions } from '../../src/config/options.ts'
import { printableConfig } from '../../src/config/print.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'

function load(flags: Record<string, FlagValue>, environment: Sources['environment'] = {}, file?: string) {
  return loadConfig({ flags: new Map(Object.entries(flags)), environment, file })
}

async function loadFile(content: unknown, environment: Sources['environment'] = {}) {
  await using directory = await temporaryDirectory()
  const file = join(directory.path, 'gateway.json')
  await writeFile(file, typeof content === 'string' ? content : JSON.stringify(content))
  return load({}, environment, file)
}

describe('precedence', () => {
  test('without any source the defaults hold', () => {
    expect(load({})).toEqual(defaults)
  })

  test('a flag wins over the environment, that over the file, that over the default', async () => {
    await using directory = await temporaryDirectory()
    const file = join(directory.path, 'gateway.json')
    await writeFile(
      file,
      JSON.stringify({ port: 1, dataDirectory: 'from-file', logLevel: 'warn', limits: { maxDepth: 3 } }),
    )
    const config = load({ port: '3' }, { PORT: '2', PGQ_DATA_DIR: 'from-environment' }, file)
    expect(config).toEqual({
      ...defaults,
      port: 3,
      dataDirectory: 'from-environment',
      logLevel: 'warn',
      limits: { ...defaults.limits, maxDepth: 3 },
    })
  })

  test('every documented variable is read', () => {
    const environment = {
      HOST: 'localhost',
      PORT: '4100',
      DATABASE_URL: 'postgresql://a@b/c',
      PGQ_ENGINE: 'sql',
      PGQ_DATA_DIR: 'elsewhere',
      LOG_LEVEL: 'debug',
      PGQ_KEYS_FILE: 'keys.json',
      PGQ_BASE_PATH: '/queues/',
      PGQ_PUBLIC_URL: 'https://queues.example/queues/',
      PGQ_ALLOWED_HOSTS: 'pgq, *.queues.example',
      PGQ_CORS_ORIGINS: 'https://app.example',
      PGQ_TLS_CERT_FILE: 'server.crt',
      PGQ_TLS_KEY_FILE: 'server.key',
      PGQ_TRUST_PROXY: 'true',
      PGQ_MAX_CONNECTIONS: '40',
      PGQ_TRACEPARENT_COLUMN: 'extra4',
      PGQ_METRICS_PORT: '9464',
      PGQ_METRICS_HOST: '0.0.0.0',
    }
    expect(load({}, environment)).toMatchObject({
      host: 'localhost',
      port: 4100,
      databases: { main: { url: 'postgresql://a@b/c' } },
      engine: 'sql',
      dataDirectory: 'elsewhere',
      logLevel: 'debug',
      auth: { keysFile: 'keys.json' },
      basePath: '/queues/',
      publicUrl: 'https://queues.example/queues/',
      allowedHosts: ['pgq', '*.queues.example'],
      cors: { origins: ['https://app.example'] },
      tls: { certFile: 'server.crt', keyFile: 'server.key' },
      trustProxy: true,
      connections: { ...defaults.connections, maxTotal: 40 },
      tracing: { traceparentColumn: 'extra4' },
      metrics: { enabled: true, port: 9464, host: '0.0.0.0' },
    })
    expect(allOptions.flatMap(({ variable = [] }) => variable).sort()).toEqual(
      Object.keys(environment).sort(),
    )
  })

  test('an empty variable counts as not set', () => {
    expect(load({}, { PORT: '', DATABASE_URL: '' })).toEqual(defaults)
  })
})

describe('errors name the source and the remedy', () => {
  test.each<[string, Record<string, string>, Sources['environment'], RegExp]>([
    ['a flag', { port: '99999' }, {}, /^--port 99999: must be a whole number from 0 to 65535/],
    ['a fraction', { port: '1.5' }, {}, /^--port 1\.5: must be a whole number/],
    ['a variable', {}, { PORT: 'http' }, /^environment variable PORT "http": must be a whole number/],
    ['an unknown engine', {}, { PGQ_ENGINE: 'x' }, /PGQ_ENGINE "x": must be one of auto, sql, extension/],
    [
      'a column that is none of the extra ones',
      { 'tracing.traceparentColumn': 'data' },
      {},
      /^--traceparent-column "data": must be one of extra1, extra2, extra3, extra4\.$/,
    ],
    ['an unknown level', { logLevel: 'loud' }, {}, /^--log-level "loud": must be one of fatal, error/],
    [
      'a foreign URL',
      { 'databases.main.url': 'mysql://u:geheim@h/d' },
      {},
      /^--database-url: must be a URL such as postgresql:/,
    ],
    [
      'a file that is missing',
      {},
      { DATABASE_URL: 'postgresql://u:geheim@h/d?sslrootcert=/nope' },
      /^environment variable DATABASE_URL: sslrootcert \/nope: there is no such file\.$/,
    ],
    [
      'a variable that completes the URL',
      { 'databases.main.url': 'postgresql://u:geheim@h/d' },
      { PGSSLMODE: 'on' },
      /^--database-url: PGSSLMODE "on": must be one of disable, allow, prefer, require/,
    ],
  ])('for %s', (_title, flags, environment, message) => {
    expect(() => load(flags, environment)).toThrow(ConfigError)
    expect(() => load(flags, environment)).toThrow(message)
    expect(() => load(flags, environment)).not.toThrow(/geheim/)
  })

  test.each<[string, unknown, RegExp]>([
    ['an unknown key', { prot: 1 }, /gateway\.json: unknown key "prot"\. Known here: host, port, /],
    [
      'a nested unknown key',
      { limits: { depth: 1 } },
      /unknown key "limits\.depth"\. Known here: .*maxDepth/,
    ],
    ['a key of another section', { keysFile: 'k' }, /unknown key "keysFile"\. Did you mean auth\.keysFile\?/],
    ['a wrong type', { port: '4000' }, /gateway\.json key "port" "4000": must be a whole number/],
    [
      'a base path without its slash',
      { basePath: '/queues' },
      /key "basePath" "\/queues": must begin and end with a/,
    ],
    [
      'a base path that leads upwards',
      { basePath: '/a/../b/' },
      /key "basePath" "\/a\/\.\.\/b\/": must begin/,
    ],
    [
      'a public URL without a scheme',
      { publicUrl: 'queues.example' },
      /key "publicUrl" "queues\.example": must be an http/,
    ],
    ['a public URL with a password', { publicUrl: 'https://a:b@c/' }, /key "publicUrl" .*: must be an http/],
    [
      'a URL in place of a host',
      { allowedHosts: ['https://a'] },
      /key "allowedHosts" \["https:\/\/a"\]: must be a list of host names/,
    ],
    [
      'a host in place of a list',
      { allowedHosts: 'a' },
      /key "allowedHosts" "a": must be a list of host names/,
    ],
    ['a host with stars in it', { allowedHosts: ['a.*.b'] }, /key "allowedHosts" \["a\.\*\.b"\]: must be/],
    [
      'an origin with a path',
      { cors: { origins: ['https://a/'] } },
      /key "cors\.origins" \["https:\/\/a\/"\]: must be a list of origins/,
    ],
    [
      'an origin with its port by default',
      { cors: { origins: ['https://a:443'] } },
      /key "cors\.origins" .*: must be a list/,
    ],
    [
      'the origin of sandboxes',
      { cors: { origins: ['null'] } },
      /key "cors\.origins" \["null"\]: must be a list/,
    ],
    [
      'a certificate without its key',
      { tls: { certFile: 'a.crt' } },
      /tls needs both certFile and keyFile, or neither/,
    ],
    ['a value in place of a section', { limits: 5 }, /gateway\.json key "limits" 5: /],
    ['a prototype', '{"__proto__": {"port": 1}}', /unknown key "__proto__"/],
    ['an array', [], /must hold a JSON object/],
    [
      'a grant that cannot be read',
      { auth: { anonymous: ['stats', 'fly'] } },
      /gateway\.json key "auth\.anonymous\.1": "fly" is not a grant: begin with one of stats/,
    ],
    [
      'a claim without a token',
      { auth: { anonymous: ['read:main/q?extra1={tenant}'] } },
      /names a claim, which only tokens have/,
    ],
    [
      'an unknown key in a list',
      { auth: { jwt: [{ isuer: 'x' }] } },
      /gateway\.json: unknown key "auth\.jwt\.0\.isuer"\. Known here: issuer, audience, jwksUrl/,
    ],
    [
      'a value in a list',
      { auth: { jwt: [{ issuer: 'i', audience: 'a', jwksUrl: 'https://u:geheim@h/' }] } },
      /gateway\.json key "auth\.jwt\.0\.jwksUrl": must have no user and no password\.$/,
    ],
    ['broken JSON', '{"port": ', /not valid JSON/],
  ])('for a file with %s', async (_title, content, message) => {
    await expect(loadFile(content)).rejects.toThrow(message)
  })

  test('for all at once', async () => {
    await expect(loadFile({ limits: { maxDepth: 0 } }, { PORT: '-1' })).rejects.toThrow(
      /(PORT -1: .*\n.*maxDepth" 0: )|(maxDepth" 0: .*\n.*PORT -1: )/,
    )
  })

  test('for a file that is missing', () => {
    expect(() => load({}, {}, '/nowhere/gateway.json')).toThrow(
      '--config /nowhere/gateway.json: there is no such file.',
    )
  })
})

describe('loopback only', () => {
  test.each(['0.0.0.0', '::', '192.168.1.5', 'gateway.example.org', '127.evil.example'])(
    'refuses %s',
    (host) => {
      expect(() => load({ host })).toThrow(/--allow-unauthenticated-remote/)
      expect(load({ host, allowUnauthenticatedRemote: true }).host).toBe(host)
    },
  )

  test('accepts any address where keys or tokens say who asks, and not for what anybody may do', async () => {
    expect(load({ host: '0.0.0.0', 'auth.keysFile': 'keys.json' }).host).toBe('0.0.0.0')
    const jwt = [{ issuer: 'i', audience: 'a', jwksUrl: 'https://i.example/' }]
    expect((await loadFile({ host: '0.0.0.0', auth: { jwt } })).host).toBe('0.0.0.0')
    await expect(loadFile({ host: '0.0.0.0', auth: { anonymous: ['stats'] } })).rejects.toThrow(
      /does not ask who they are\. Give it keys with --keys-file/,
    )
  })

  test.each(['127.0.0.1', '127.1.2.3', '::1', 'localhost'])('accepts %s', (host) => {
    expect(load({ host }).host).toBe(host)
  })
})

test('refuses fewer connections than the databases need', async () => {
  const sections = (maxTotal: number | null, url = 'postgresql://h/s{1..60}') => ({
    connections: { maxTotal },
    databases: { 's{1..60}': { url } },
  })
  await expect(loadFile(sections(239))).rejects.toThrow(
    'key "connections.maxTotal" 239: 60 databases need 240 at least, 4 for each. Raise it, or serve fewer databases.',
  )
  expect((await loadFile(sections(240))).connections.maxTotal).toBe(240)
  expect((await loadFile(sections(null))).connections.maxTotal).toBeNull()
  expect(() => load({ 'connections.maxTotal': '3' })).toThrow('--max-connections 3: 1 database needs 4')
})

test('refuses to run listed documents alone without a list of them', async () => {
  const sections = (file: string | null) => ({ persistedDocuments: { file, only: true } })
  await expect(loadFile(sections(null))).rejects.toThrow('Give persistedDocuments.file, too')
  expect((await loadFile(sections('documents.json'))).persistedDocuments.only).toBe(true)
})

test('paths of a file are relative to it, and others to the working directory', async () => {
  await using directory = await temporaryDirectory()
  const file = join(directory.path, 'gateway.json')
  const key = { issuer: 'i', audience: 'a' }
  const jwt = [
    { ...key, publicKeyFile: 'keys/public.pem' },
    { ...key, issuer: 'j', secretFile: '/etc/secret' },
  ]
  await writeFile(file, JSON.stringify({ auth: { keysFile: '../keys.json', jwt } }))
  const { auth } = load({}, {}, file)
  expect(auth.keysFile).toBe(join(directory.path, '../keys.json'))
  expect(auth.jwt).toMatchObject([
    { publicKeyFile: join(directory.path, 'keys/public.pem'), secretFile: null },
    { publicKeyFile: null, secretFile: '/etc/secret' },
  ])
  expect(load({ 'auth.keysFile': 'other.json' }, {}, file).auth.keysFile).toBe('other.json')
})

describe('secrets', () => {
  test('are hidden in what is printed, which a file can hold otherwise', async () => {
    const url = 'postgresql://u:geheim@h:5433/s{1..2}?connect_timeout=3'
    const config = load({ 'databases.main.url': 'postgresql://u:geheim@h/d', databases: [`s{1..2}=${url}`] })
    const printed = printableConfig(config)
    expect(printed).not.toContain('geheim')
    expect(await loadFile(printed)).toEqual({
      ...config,
      databases: {
        main: { url: 'postgresql://u:***@h/d' },
        's{1..2}': { url: 'postgresql://u:***@h:5433/s{1..2}?connect_timeout=3' },
      },
    })
  })
})
