import { once } from 'node:events'
import pg from 'pg'
import { installEngine } from '../../../src/install/install.ts'
import { createPgqServer } from '../../../src/server/server.ts'
import { startCluster } from '../../support/cluster.ts'
import { testLogger } from '../../support/logger.ts'
import { setUpNames, setUps } from './set-ups.ts'

/** Serves a database for each set-up, until SIGINT: for people who want to find with the page alone what is wrong. */
await using cluster = await startCluster(18, { autovacuum: 'on' })
const urlOf = (name: string) => cluster.url.replace(/postgres$/, name)
const sessions: pg.Client[] = []
async function connect(url: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: url })
  client.on('error', () => {})
  await client.connect()
  sessions.push(client)
  return client
}

const admin = await connect(cluster.url)
for (const name of setUpNames) {
  await admin.query(`create database ${name}`)
  await installEngine(await connect(urlOf(name)), { engine: 'sql' })
  await setUps[name](() => connect(urlOf(name)))
}

const server = createPgqServer({
  port: Number(process.env.PORT ?? 4000),
  host: '127.0.0.1',
  logger: testLogger(),
  databases: setUpNames.map((name) => ({ name, connectionString: urlOf(name) })),
})
const { url } = await server.listen()
console.log(
  `In each database of ${new URL('/', url)}, queue orders is not drained. Find out why, and mend it.`,
)
await once(process, 'SIGINT')
await server.close()
await Promise.allSettled(sessions.map((session) => session.end()))
