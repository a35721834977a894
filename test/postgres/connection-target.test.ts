import { mkdir, writeFile } from 'node:fs/promises'
import { userInfo } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { ConnectionStringError } from '../../src/postgres/connection-parameter.ts'
import { connectionTarget, describeTarget } from '../../src/postgres/connection-target.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'

const empty = { HOME: '/nowhere' }

describe('a URL is read as libpq reads it', () => {
  test.each([
    ['postgresql://u:p@h:5433/d', { host: 'h', port: 5433, user: 'u', password: 'p', database: 'd' }],
    ['postgres://u@h', { host: 'h', port: 5432, user: 'u', password: undefined, database: 'u' }],
    ['postgresql://u@[::1]:7/d', { host: '::1', port: 7, database: 'd' }],
    ['postgresql://u:p%40%3A%2F@h/d', { password: 'p@:/' }],
    ['postgresql://u:p#?x@h/d', { password: 'p#?x', host: 'h' }],
    ['postgresql://h/d?user=u@v&password=p@w', { user: 'u@v', password: 'p@w' }],
    ['postgresql://u@h/50%25', { database: '50%' }],
    ['postgresql://u@h/50%', { database: '50%' }],
    ['postgresql://u@h/100%25%2Fday%23%20%C3%A4', { database: '100%/day# ä' }],
    ['postgresql://u@h/d?dbname=other&port=7', { database: 'other', port: 7 }],
    ['postgresql:///d?host=/run/pg&user=u', { host: '/run/pg', user: 'u', database: 'd', tls: null }],
    ['postgresql://%2Frun%2Fpg:7/d?sslmode=require', { host: '/run/pg', port: 7, tls: null }],
    ['postgresql://u:@h/d', { user: 'u', password: undefined }],
    ['postgresql://h/d?options=-c%20a%3Db+c', { options: '-c a=b+c' }],
    ['postgresql://h/d?connect_timeout=7', { connectTimeoutMs: 7_000 }],
    ['postgresql://h/d', { alternatives: [], serverKind: 'any' }],
    [
      'postgresql://a,[::1]:7,c:8/d',
      {
        ...{ host: 'a', port: 5432, serverKind: 'read-write' },
        alternatives: [
          { host: '::1', port: 7 },
          { host: 'c', port: 8 },
        ],
      },
    ],
    ['postgresql:///d?host=a,b&port=7', { host: 'a', port: 7, alternatives: [{ host: 'b', port: 7 }] }],
    ['postgresql://a,b/d?target_session_attrs=any', { serverKind: 'any' }],
    ['postgresql://h/d?target_session_attrs=read-write', { alternatives: [], serverKind: 'read-write' }],
  ])('%s', (uri, expected) => {
    expect(connectionTarget(uri, empty)).toMatchObject(expected)
  })

  test('without anything it is localhost, by the name of the operating system’s user', () => {
    const { username } = userInfo()
    expect(connectionTarget('postgresql://', empty)).toMatchObject({
      ...{ host: 'localhost', port: 5432, user: username, database: username },
      tls: { isOptional: true, verifies: 'nothing' },
    })
  })
})

describe('what a URL leaves out comes from the variables of libpq', () => {
  const environment = {
    ...{
      HOME: '/nowhere',
      PGHOST: 'db',
      PGPORT: '5433',
      PGUSER: 'me',
      PGDATABASE: '50%',
      PGPASSWORD: 'secret',
    },
    ...{ PGPASSFILE: '/run/pass', PGSSLMODE: 'require', PGOPTIONS: '-c a=b', PGCONNECT_TIMEOUT: '3' },
  }

  test('all of them, for a URL that says nothing', () => {
    expect(connectionTarget('postgresql://', environment)).toMatchObject({
      ...{ host: 'db', port: 5433, user: 'me', database: '50%', password: 'secret' },
      ...{ passwordFile: '/run/pass', options: '-c a=b', connectTimeoutMs: 3_000 },
      tls: { isOptional: false, verifies: 'nothing' },
    })
  })

  test('none of them, for a URL that says all', () => {
    const uri = 'postgresql://u:p@h:1/d?passfile=/p&sslmode=disable&options=&connect_timeout=4'
    expect(connectionTarget(uri, environment)).toMatchObject({
      ...{ host: 'h', port: 1, user: 'u', database: 'd', password: 'p' },
      ...{ passwordFile: '/p', options: undefined, connectTimeoutMs: 4_000, tls: null },
    })
  })
})

describe('a mode of TLS means what it means to libpq', () => {
  test.each([
    ['sslmode=disable', null],
    ['sslmode=allow', { isOptional: true, verifies: 'nothing' }],
    ['sslmode=prefer', { isOptional: true, verifies: 'nothing' }],
    ['sslmode=require', { isOptional: false, verifies: 'nothing' }],
    ['ssl=true', { isOptional: false, verifies: 'nothing' }],
    ['sslmode=verify-full', { isOptional: false, verifies: 'host', rootFile: undefined }],
    ['sslrootcert=system', { isOptional: false, verifies: 'host', rootFile: undefined }],
  ])('%s', (parameters, tls) => {
    const found = connectionTarget(`postgresql://h/d?${parameters}`, empty).tls
    if (tls === null) expect(found).toBeNull()
    else expect(found).toMatchObject(tls)
  })

  test.each([
    ['sslmode=prefer', 'nothing'],
    ['sslmode=require', 'authority'],
    ['', 'nothing'],
    ['sslmode=verify-ca', 'authority'],
    ['sslmode=verify-full', 'host'],
  ])('%s, where the user has a root.crt, verifies %s', async (parameters, verifies) => {
    await using directory = await temporaryDirectory()
    const rootFile = join(directory.path, '.postgresql/root.crt')
    await mkdir(join(directory.path, '.postgresql'))
    await writeFile(rootFile, 'certificate')
    const { tls } = connectionTarget(`postgresql://h/d?${parameters}`, { HOME: directory.path })
    expect(tls).toMatchObject({ verifies, rootFile })
  })

  test('what the URL says of it wins over the variable, in whatever words', () => {
    const environment = { ...empty, PGSSLMODE: 'disable', PGSSLROOTCERT: '/nope' }
    const { tls } = connectionTarget('postgresql://h/d?ssl=true&sslrootcert=', environment)
    expect(tls).toMatchObject({ isOptional: false, verifies: 'nothing' })
    expect(connectionTarget('postgresql://h/d', environment).tls).toBeNull()
  })

  test('an authority that the URL names is asked though no mode is', async () => {
    const { tls } = connectionTarget(`postgresql://h/d?sslrootcert=package.json`, empty)
    expect(tls).toMatchObject({ isOptional: false, verifies: 'authority' })
  })
})

describe('an error names what is at fault, and not the password', () => {
  test.each<[string, RegExp, Record<string, string>?]>([
    ['mysql://u:geheim@h/d', /^must be a URL such as postgresql:/],
    ['postgresql://u:geheim@h:x/d', /^port "x": must be a whole number/],
    ['postgresql://u:geheim@h:70000/d', /^port "70000": must be a whole number up to 65535/],
    ['postgresql://u:geh@eim@h/d', /%40/],
    ['postgresql://u:geh/eim@h/d', /%2F/],
    ['postgresql://u:12/geheim@h/d', /%2F/],
    ['postgresql://u:geh@x/eim@h/d', /%2F/],
    ['postgresql://u:geh/x?eim@h/d', /%2F/],
    ['postgresql://u:12/x?geh&eim=x@h/d', /^has an unknown parameter\. Known/],
    ['postgresql://u:geh@eim#x@h/d', /%40/],
    ['postgresql://u:geheim@a,b[/d', /must name hosts/],
    ['postgresql://u:geheim@a:1,b:2/d?port=1,2,3', /has 2 hosts and 3 ports/],
    ['postgresql://u:geheim@a,%2Frun/d', /TCP or by Unix sockets/],
    ['postgresql://u:geheim@a,b:x/d', /^port "x": must be a whole number/],
    ['postgresql://u:geheim@h/d?sslmod=require', /unknown parameter, sslmod\. Known are host, .*sslmode/],
    ['postgresql://h/d?sslmode=on', /^sslmode "on": must be one of disable, allow/],
    ['postgresql://h/d', /^PGSSLMODE "on": must be one of/, { PGSSLMODE: 'on' }],
    ['postgresql://h/d', /^PGPORT "x": must be a whole number/, { PGPORT: 'x' }],
    ['postgresql://h/d?sslrootcert=/nope', /^sslrootcert \/nope: there is no such file/],
    ['postgresql://h/d?sslmode=require', /^sslrootcert \/nope: there is no/, { PGSSLROOTCERT: '/nope' }],
    ['postgresql://h/d?sslmode=verify-ca', /sslrootcert/],
    ['postgresql://h/d?sslmode=require&sslcert=package.json', /sslkey/],
    ['postgresql://h/d?sslrootcert=system&sslmode=require', /verify-full/],
    ['postgresql://h/d?sslnegotiation=direct', /sslmode require/],
    ['postgresql://h/d?target_session_attrs=standby', /target_session_attrs "standby"/],
  ])('%s', (uri, message, environment = {}) => {
    const read = () => connectionTarget(uri, { ...empty, ...environment })
    expect(read).toThrow(ConnectionStringError)
    expect(read).toThrow(message)
    expect(read).not.toThrow(/geh|eim/)
  })
})

test('a target is named in words without its password', () => {
  const words = (uri: string) => describeTarget(connectionTarget(uri, empty))
  expect(words('postgresql://u:geheim@h:7/d')).toBe('database "d" on h:7 as user "u"')
  expect(words('postgresql://u:geheim@%2Frun%2Fpg/d')).toBe(
    'database "d" on /run/pg/.s.PGSQL.5432 as user "u"',
  )
})
