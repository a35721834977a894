import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Child, startNode } from '../support/child.ts'
import { runCli, startCli } from '../support/cli.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { until } from '../support/deadline.ts'
import { type Data, request } from '../support/graphql.ts'
import {
  audience,
  createSigningKey,
  type IdentityProvider,
  issuer,
  startIdentityProvider,
} from '../support/identity-provider.ts'
import { type TemporaryDirectory, temporaryDirectory } from '../support/temporary-directory.ts'

const flooder = fileURLToPath(new URL('flooder.mjs', import.meta.url))

let directory: TemporaryDirectory
let fixture: TestDatabase
let provider: IdentityProvider
let gateway: Child
let url: string
/** Keys of a client who works, and of one who may see a little and asks for much. */
let worker: string
let crowd: string
let calmMs: number

beforeAll(async () => {
  directory = await temporaryDirectory()
  fixture = await createTestDatabase()
  provider = await startIdentityProvider(await createSigningKey('known'))
  const file = (name: string) => join(directory.path, name)
  const createKey = async (name: string, grant: string) => {
    const args = ['--name', name, '--grant', grant, '--keys-file', file('keys.json')]
    return (await runCli(['key', 'create', ...args])).stdout.trim()
  }
  worker = await createKey('worker', 'admin')
  crowd = await createKey('crowd', 'stats:main/q')
  const config = {
    auth: { keysFile: 'keys.json', jwt: [{ issuer, audience, jwksUrl: provider.jwksUrl }] },
    rateLimits: { requestsPerSecond: 300, streams: 500, sockets: 100 },
  }
  await writeFile(file('gateway.json'), JSON.stringify(config))
  gateway = await startCli(['serve', '--port', '0', '--config', file('gateway.json')], {
    environment: { DATABASE_URL: fixture.url },
  })
  const [, listening = ''] = await gateway.printed(/Listening on (http:\/\/[^\s"\\]+)/, 40_000)
  url = listening
  await until(async () => (await publish()).data?.createQueue !== undefined, 'a gateway that works', {
    timeoutMs: 40_000,
  })
  await slowest()
  calmMs = await slowest()
})

afterAll(async () => {
  await gateway?.[Symbol.asyncDispose]()
  await provider?.[Symbol.asyncDispose]()
  await fixture?.[Symbol.asyncDispose]()
  await directory?.[Symbol.asyncDispose]()
})

const publish = () =>
  request(
    url,
    'mutation { createQueue(input: { name: "q" }) { created } insertEvent(input: { queue: "q", data: "x" }) { eventId } }',
    {},
    undefined,
    worker,
  ).catch((): { data?: Data } => ({}))

const REQUESTS = 100
/** This client keeps within its limit. */
const PAUSE_MS = 5

/** Sends requests, one after the other, all of which must succeed. @returns The 99th percentile of their times. */
async function slowest(): Promise<number> {
  const durations: number[] = []
  for (let n = 0; n < REQUESTS; n++) {
    const startedMs = performance.now()
    const { data } = await publish()
    durations.push(performance.now() - startedMs)
    expect(data?.insertEvent?.eventId, `event ${n}`).toMatch(/^\d+$/)
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS))
  }
  return durations.sort((a, b) => a - b)[Math.ceil(REQUESTS * 0.99) - 1] ?? 0
}

/** A time that nobody minds; the machine may be busy with other tests (milliseconds). */
const ALLOWED_MS = 1_000

interface Flood {
  kind: string
  /** An outcome that shows that it floods: a status, a close code or a type of message. */
  shownBy: string
  /** Number of those to wait for. */
  least: number
  /** What no stranger may get. */
  never?: string
}

const floods: Flood[] = [
  { kind: 'requests', shownBy: '429', least: 300, never: '200' },
  { kind: 'bad tokens', shownBy: '429', least: 300, never: '200' },
  { kind: 'unknown kids', shownBy: '429', least: 300, never: '200' },
  { kind: 'huge tokens', shownBy: '429', least: 300, never: '200' },
  { kind: 'huge tokens on sockets', shownBy: '4401', least: 20, never: '1000' },
  { kind: 'sockets without init', shownBy: 'opened', least: 400 },
  { kind: 'operations per socket', shownBy: 'error', least: 300 },
  { kind: 'slow bodies', shownBy: 'opened', least: 300 },
  { kind: 'slow headers', shownBy: 'opened', least: 300 },
]

test.each(floods)(
  'a flood of $kind leaves a client that works its time',
  async ({ kind, shownBy, least, never }) => {
    await using flood = startNode([flooder, kind, url, crowd])
    const outcomes = (): Data => JSON.parse(flood.stdout().trim().split('\n').at(-1) || '{}')
    await until(() => (outcomes()[shownBy] ?? 0) >= least, 'a flood', {
      timeoutMs: 30_000,
      describe: () => flood.output().slice(-500),
    })
    expect(await slowest()).toBeLessThan(Math.max(10 * calmMs, ALLOWED_MS))
    if (never) expect(outcomes()[never]).toBeUndefined()
    // Keys are fetched at the start, and once a minute for one that is not known.
    expect(provider.fetches).toBeLessThan(5)
  },
)
