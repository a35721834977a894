import { createHmac, randomBytes } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import pg from 'pg'
import { startCluster } from '../../test/support/cluster.ts'
import { temporaryDirectory } from '../../test/support/temporary-directory.ts'
import { load, postBytes } from '../support/connection.ts'
import { report } from '../support/report.ts'
import { post, startServer } from '../support/server.ts'

/** See README.md. */
const ROUNDS = Number(process.env.ROUNDS ?? 7)
const FOR_MS = Number(process.env.FOR_MS ?? 2_000)

await using cluster = await startCluster(18, { fsync: 'on', synchronous_commit: 'on', autovacuum: 'on' })
await using directory = await temporaryDirectory()
const secret = randomBytes(32).toString('hex')
const grants = ['publish:main/queue']
const { audited, asking, authorization } = await configure(directory.path)
await using open = await startServer(await createDatabase('open'))
await using openAudited = await startServer(await createDatabase('audited'), [], ['--config', audited])
await using closed = await startServer(await createDatabase('closed'), [], ['--config', asking])

for (const name of ['open', 'audited', 'closed']) await createQueue(databaseUrl(name))

const body = {
  query: 'mutation ($input: InsertEventInput!) { insertEvent(input: $input) { eventId } }',
  variables: {
    input: { queue: 'queue', type: 'created', data: JSON.stringify({ orderId: 12345, items: [1, 2, 3] }) },
  },
}
const openRequest = postBytes(open.url, body)
const closedRequest = postBytes(closed.url, body, { authorization })
await post(closed.url, body.query, body.variables, { authorization })

const questions = [16, 64].flatMap((inFlight) =>
  [
    { name: `publish with a JWT, ${inFlight} in flight`, beside: openAudited },
    { name: `publish with a JWT and its audit, ${inFlight} in flight`, beside: open },
  ].map((question) => ({
    ...question,
    unit: 'requests/s',
    inFlight,
    rounds: [] as { gateway: number; bare: number }[],
  })),
)

for (let round = -1; round < ROUNDS; round++) {
  for (const { inFlight, beside, rounds } of questions) {
    const run = (url: string, request: Buffer) =>
      load(url, { inFlight, forMs: FOR_MS, next: () => request, check })
    const bare = await run(beside.url, openRequest)
    const gateway = await run(closed.url, closedRequest)
    // The first round only warms up.
    if (round >= 0) rounds.push({ bare, gateway })
  }
}
report(questions)

function check(answer: Buffer): void {
  if (answer.includes('"errors"')) throw new Error(answer.toString())
}

/** Writes a configuration that asks nobody, and one that asks for the token; both write audit lines to a file. */
async function configure(folder: string) {
  const secretFile = join(folder, 'secret')
  const audited = join(folder, 'audited.json')
  const asking = join(folder, 'asking.json')
  await writeFile(secretFile, secret)
  await writeFile(audited, JSON.stringify({ auditFile: join(folder, 'audit-of-anybody') }))
  const issuer = {
    issuer: 'https://id.example',
    audience: 'pgq',
    secretFile,
    algorithms: ['HS256'],
    grantsClaim: 'pgq',
  }
  const auditFile = join(folder, 'audit')
  await writeFile(asking, JSON.stringify({ auditFile, auth: { jwt: [issuer] } }))
  const encode = (part: object) => Buffer.from(JSON.stringify(part)).toString('base64url')
  const exp = Math.floor(Date.now() / 1_000) + 3_600
  const claims = { iss: issuer.issuer, aud: issuer.audience, sub: 'bench', exp, pgq: grants }
  const signed = `${encode({ alg: 'HS256', typ: 'JWT' })}.${encode(claims)}`
  const signature = createHmac('sha256', secret).update(signed).digest('base64url')
  return { audited, asking, authorization: `Bearer ${signed}.${signature}` }
}

function databaseUrl(name: string): string {
  const url = new URL(cluster.url)
  url.pathname = `/${name}`
  return url.href
}

/** Makes a database. @returns its URL. */
async function createDatabase(name: string): Promise<string> {
  await execute(cluster.url, `create database ${name}`)
  return databaseUrl(name)
}

async function createQueue(url: string): Promise<void> {
  await execute(url, `select pgq.create_queue('queue')`)
}

async function execute(url: string, text: string): Promise<void> {
  const client = new pg.Client(url)
  await client.connect()
  await client.query(text)
  await client.end()
}
