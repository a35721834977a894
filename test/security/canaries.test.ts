import { once } from 'node:events'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { SignJWT } from 'jose'
import pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { WebSocket } from 'ws'
import { makeCertificates } from '../support/certificates.ts'
import type { Child } from '../support/child.ts'
import { runCli, startCli } from '../support/cli.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { until, withDeadline } from '../support/deadline.ts'
import type { Data, Result } from '../support/graphql.ts'
import { audience, issuer } from '../support/identity-provider.ts'
import { startTestServer } from '../support/server.ts'
import { type TemporaryDirectory, temporaryDirectory } from '../support/temporary-directory.ts'

const crashOnSignal = fileURLToPath(new URL('crash-on-signal.mjs', import.meta.url))

let directory: TemporaryDirectory
let fixture: TestDatabase

beforeAll(async () => {
  directory = await temporaryDirectory()
  fixture = await createTestDatabase()
  await using server = await startTestServer({ fixture })
  await fetch(server.url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: '{"query":"mutation { createQueue(input: { name: \\"q\\" }) { created } registerConsumer(input: { queue: \\"q\\", consumer: \\"c\\" }) { registered } }"}',
  })
})

afterAll(async () => {
  await fixture[Symbol.asyncDispose]()
  await directory[Symbol.asyncDispose]()
})

/** Texts that must be seen nowhere, by what they are the secret of. */
class Canaries {
  readonly #secrets = new Map<string, string>()

  plant(what: string, secret: string): string {
    this.#secrets.set(what, secret)
    return secret
  }

  /** Names the secrets in a text. */
  in(text: string): string[] {
    return [...this.#secrets].filter(([, secret]) => text.includes(secret)).map(([what]) => what)
  }
}

/** Signs a token as the issuer does who shares this secret. */
function signToken(secret: string, claims: Record<string, unknown>): Promise<string> {
  const now = Math.floor(Date.now() / 1_000)
  return new SignJWT({ iss: issuer, aud: audience, sub: 'ada', exp: now + 600, ...claims })
    .setProtectedHeader({ alg: 'HS256' })
    .sign(new TextEncoder().encode(secret))
}

/** Posts an operation. @returns The result, and its text. */
async function post(url: string, token: string, query: string, variables: Data = {}) {
  const headers = {
    'content-type': 'application/json',
    accept: 'application/json',
    authorization: `Bearer ${token}`,
  }
  const response = await fetch(url, { method: 'POST', headers, body: JSON.stringify({ query, variables }) })
  const text = await response.text()
  return { text, result: JSON.parse(text) as Result }
}

const insertEvent = 'mutation ($input: InsertEventInput!) { insertEvent(input: $input) { eventId } }'
const nextBatch =
  'mutation { nextBatch(input: { queue: "q", consumer: "c" }) { batch { batchId leaseToken events { eventId data } } } }'

test('no secret and no payload is in the log, the audit, errors, reports of a crash or sessions', {
  timeout: 180_000,
}, async () => {
  const canaries = new Canaries()
  const file = (name: string) => join(directory.path, name)
  const shown: string[] = []

  const databaseUrl = new URL(fixture.url)
  databaseUrl.password = canaries.plant('password of the database', 'canary-password')
  const created = await runCli([
    'key',
    'create',
    '--name',
    'k',
    '--grant',
    'admin',
    '--keys-file',
    file('keys.json'),
  ])
  const apiKey = canaries.plant('API key', created.stdout.trim())
  shown.push(created.stderr)
  const [stored] = JSON.parse(await readFile(file('keys.json'), 'utf8'))
  canaries.plant('hash of the API key', stored.sha256)
  const secret = canaries.plant('secret of the issuer', 'canary-secret-of-at-least-32-bytes')
  await writeFile(file('secret'), secret)
  const token = await signToken(secret, { pgq: ['admin'] })
  const expired = await signToken(secret, { exp: 1_700_000_000 })
  const forged = await signToken('another-secret-of-at-least-32-bytes', {})
  for (const [what, jwt] of Object.entries({ token, expired, forged }))
    canaries.plant(`signature of the ${what} token`, jwt.split('.')[2] ?? '')
  const badKey = canaries.plant('unknown API key', 'pgq_canary-of-an-unknown-key')

  const config = {
    logLevel: 'trace',
    auditFile: 'audit.log',
    auth: { keysFile: 'keys.json', jwt: [{ issuer, audience, secretFile: 'secret' }] },
  }
  await writeFile(file('gateway.json'), JSON.stringify(config))
  const args = ['serve', '--port', '0', '--config', file('gateway.json')]
  const environment = { DATABASE_URL: databaseUrl.href, NODE_OPTIONS: `--import=${crashOnSignal}` }
  const printed = await runCli([...args, '--print-config'], { environment })
  expect(printed.stdout).toContain('keys.json')
  shown.push(printed.stdout, printed.stderr)

  await using gateway = await startCli(args, { environment })
  const [, url = ''] = await gateway.printed(/Listening on (http:\/\/[^\s"\\]+)/, 40_000)
  await gateway.printed(/"Ready/, 40_000)

  // Everything goes well.
  const event = {
    queue: 'q',
    type: canaries.plant('type of an event', 'canary-type'),
    data: canaries.plant('payload', 'canarypayload'),
    extra1: canaries.plant('extra column', 'canary-extra'),
    extra4: canaries.plant('last extra column', 'canary-last-extra'),
  }
  const published = await post(url, apiKey, insertEvent, { input: event })
  expect(published.result.errors).toBeUndefined()
  shown.push(published.text)
  const batch = await until(async () => {
    const { result } = await post(url, token, nextBatch)
    return result.data?.nextBatch.batch
  }, 'a batch')
  const leaseToken = canaries.plant('lease token', batch.leaseToken)

  // The database and the gateway refuse what holds secrets.
  const admin = new pg.Client({ connectionString: fixture.url })
  await admin.connect()
  const { rows: sessions } = await admin.query(
    'select application_name, query from pg_stat_activity where pid <> pg_backend_pid()',
  )
  shown.push(JSON.stringify(sessions))
  const { rows: tables } = await admin.query(`select pgq.current_event_table('q') as name`)
  await admin.query(`alter table ${tables[0].name} add constraint no_canaries check (ev_extra2 <> 'refused')`)
  await admin.query(
    `create function canary_trigger() returns trigger language plpgsql as $$ begin
       if new.ev_extra2 = 'json' then perform new.ev_data::json; end if;
       if new.ev_extra2 = 'twice' then insert into public.canary_once values (new.ev_data), (new.ev_data); end if;
       return new;
     end $$;
     create table public.canary_once (data text primary key);
     create trigger canary before insert on ${tables[0].name} for each row execute function canary_trigger()`,
  )
  const refusals: [string, Data?][] = [
    [insertEvent, { input: { ...event, extra2: 'refused' } }],
    [insertEvent, { input: { ...event, extra2: 'json' } }],
    [insertEvent, { input: { ...event, extra2: 'twice' } }],
    [insertEvent, { input: { ...event, queue: 'none' } }],
    [
      'mutation ($b: BigInt!, $t: String) { finishBatch(input: { batchId: $b, leaseToken: $t }) { finished } }',
      { b: '999', t: leaseToken },
    ],
    [
      'mutation ($b: BigInt!, $t: String) { touchBatch(input: { batchId: $b, leaseToken: $t }) { __typename } }',
      { b: '999', t: leaseToken },
    ],
  ]
  for (const [query, variables] of refusals) {
    const { result, text } = await post(url, apiKey, query, variables)
    expect(result.errors).toHaveLength(1)
    shown.push(text)
  }
  await admin.query(`alter table ${tables[0].name} drop constraint no_canaries`)
  // What the client itself has sent wrong may be in its answer, and not in the log.
  await post(url, apiKey, insertEvent, { input: { ...event, data: [event.data] } })
  await post(url, apiKey, `{ queue(name: "q") { ${event.data} `)
  await fetch(url, {
    method: 'POST',
    headers: { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json' },
    body: `{ ${event.data}`,
  })

  // Bad credentials, over HTTP and on a WebSocket.
  for (const bad of [expired, forged, badKey, `${apiKey}x`, `${token}x`]) {
    shown.push((await post(url, bad, '{ __typename }')).text)
    const socket = new WebSocket(url.replace(/^http/, 'ws'), 'graphql-transport-ws')
    await once(socket, 'open')
    socket.send(JSON.stringify({ type: 'connection_init', payload: { authorization: `Bearer ${bad}` } }))
    const [code, reason] = await withDeadline(once(socket, 'close'), 'the end of the socket')
    expect(code).toBe(4401)
    shown.push(String(reason))
  }

  // Files are broken while they are in use.
  await writeFile(file('keys.json'), `[ ${canaries.plant('broken keys', 'canary-broken-keys')}`)
  await writeFile(file('secret'), canaries.plant('short secret', 'canary-short'))
  await gateway.printed(/keys\.json: /, 10_000)
  await gateway.printed(/secret: /, 10_000)

  // The database goes away in the middle of things.
  const work = Array.from({ length: 20 }, () => post(url, apiKey, insertEvent, { input: event }))
  await admin.query(
    `select pg_terminate_backend(pid) from pg_stat_activity where pid <> pg_backend_pid() and datname = current_database()`,
  )
  for (const { text } of await Promise.all(work)) shown.push(text)
  await admin.end()

  gateway.process.kill('SIGUSR2')
  await gateway.ended()
  expect(gateway.stderr()).toContain('crashed as asked')

  const audit = await readFile(file('audit.log'), 'utf8')
  expect(audit).toContain('"caller":"key:k"')
  expect(canaries.in(audit)).toEqual([])
  expect(canaries.in(shown.join('\n'))).toEqual([])
  expect(linesWith(canaries, gateway)).toEqual([])
})

/** Lists the lines of a process that tell a secret. */
function linesWith(canaries: Canaries, child: Child): string[] {
  return child
    .output()
    .split('\n')
    .filter((line) => canaries.in(line).length > 0)
    .map((line) => `${canaries.in(line)}: ${line}`)
}

test('no part of a TLS key is told, whatever happens to its file', { timeout: 60_000 }, async () => {
  const canaries = new Canaries()
  const { server } = await makeCertificates(directory.path)
  const key = await readFile(server.key, 'utf8')
  for (const [index, line] of key.trim().split('\n').slice(1, -1).entries())
    canaries.plant(`line ${index} of the key`, line)
  const args = ['serve', '--port', '0', '--log-level', 'trace']
  const tls = ['--tls-cert-file', server.certificate, '--tls-key-file', server.key]
  await using gateway = await startCli([...args, ...tls], { environment: { DATABASE_URL: fixture.url } })
  await gateway.printed(/Listening on https:/, 40_000)
  await writeFile(server.key, key.replace(/\n(?=-----END)/, '!\n'))
  await gateway.printed(/cannot be used for TLS/, 10_000)
  gateway.process.kill('SIGTERM')
  await gateway.ended()
  expect(linesWith(canaries, gateway)).toEqual([])
  const second = await runCli([...args, ...tls], { environment: { DATABASE_URL: fixture.url } })
  expect(second.code).not.toBe(0)
  expect(canaries.in(second.stdout + second.stderr)).toEqual([])
})

test('no command tells the password of a database that it cannot use', async () => {
  const canaries = new Canaries()
  const password = canaries.plant('password', 'canary%20password')
  canaries.plant('decoded password', 'canary password')
  for (const command of ['status', 'install', 'uninstall', 'ticker']) {
    const databaseUrl = `postgresql://nobody:${password}@127.0.0.1:1/none`
    await using child = await startCli([command, '--log-level', 'trace'], {
      environment: { DATABASE_URL: databaseUrl },
    })
    await child.printed(/./, 20_000)
    child.process.kill('SIGTERM')
    await child.ended()
    expect(canaries.in(child.output())).toEqual([])
  }
})
