import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { installEngine } from '../../src/install/install.ts'
import { startCluster, type TestCluster } from '../support/cluster.ts'
import { sqlEngines } from '../support/database.ts'
import { postgresOf } from '../support/engines.ts'

const sql = { engine: 'sql' } as const

// Roles belong to a whole server, so each version has one of its own here.
describe.each(sqlEngines.map(postgresOf))('on a server of PostgreSQL %s without roles of PgQ', (version) => {
  let cluster: TestCluster
  let admin: pg.Client
  const clients: pg.Client[] = []

  beforeAll(async () => {
    cluster = await startCluster(version)
    admin = await connect('postgres', 'postgres')
  })

  afterAll(async () => {
    await Promise.all(clients.map((client) => client.end()))
    await cluster[Symbol.asyncDispose]()
  })

  async function connect(login: string, database: string): Promise<pg.Client> {
    const url = new URL(cluster.url)
    url.username = login
    url.pathname = database
    const client = new pg.Client({ connectionString: url.href })
    client.on('error', () => {})
    await client.connect()
    clients.push(client)
    return client
  }

  /** Makes a login with a database that it owns, and connects. */
  async function ownerOf(name: string, options = ''): Promise<pg.Client> {
    await admin.query(`create role ${name} login ${options}`)
    await admin.query(`create database ${name} owner ${name}`)
    return connect(name, name)
  }

  async function useAll(client: pg.Client): Promise<void> {
    await client.query(
      `set role pgq_admin; select pgq_gateway.create_queue('q', null, null, null, null, null)`,
    )
    await client.query(`set role pgq_reader; select pgq_gateway.register_consumer('q', 'c', null)`)
    await client.query(`set role pgq_writer; select pgq_gateway.insert_events('q', '{t}', '{d}')`)
    await client.query('set role pgq_admin')
    await client.query(`select pgq_gateway.tick('q', true)`)
    await client.query('select * from pgq.maint_operations()')
    await client.query(
      `set role pgq_reader; select pgq_gateway.next_batch('q', 'c', null, null, null, null, null); reset role`,
    )
  }

  it('the owner of a database who may create roles needs nobody', async () => {
    const owner = await ownerOf('role_maker', 'createrole')
    const { actions, warnings } = await installEngine(owner, sql)
    expect(warnings).toEqual([])
    expect(actions.slice(0, 3)).toEqual([
      'created the role pgq_reader',
      'created the role pgq_writer',
      'created the role pgq_admin',
    ])
    await useAll(owner)
    await owner.end()
    for (const object of ['database role_maker', 'role pgq_admin', 'role pgq_reader', 'role pgq_writer'])
      await admin.query(`drop ${object}`)
  })

  it('the owner of a database gets from the message all that an administrator must do', async () => {
    const owner = await ownerOf('plain_owner')
    const refusal = await installEngine(owner, sql).catch((error: Error) => error)
    expect(refusal).toMatchObject({ code: 'FORBIDDEN' })
    const remedy = /Ask an administrator for: (.*)\.$/.exec((refusal as Error).message)?.[1] ?? ''
    await admin.query(remedy)
    expect(await installEngine(owner, sql)).toMatchObject({ warnings: [], facts: { hasTickTrigger: true } })
    await useAll(owner)
    expect((await installEngine(owner, sql)).actions).toEqual([])
  })

  it('a guest gets from the message which right is missing, and installs with it', async () => {
    await admin.query('create role guest login in role pgq_admin')
    await admin.query('create database host')
    const guest = await connect('guest', 'host')
    const refusal = await installEngine(guest, sql).catch((error: Error) => error)
    const remedy = /Ask its owner for: (.*)\.$/.exec((refusal as Error).message)?.[1] ?? ''
    await admin.query(remedy)
    expect((await installEngine(guest, sql)).warnings).toEqual([])
    await useAll(guest)
  })

  it.each(['superuser', 'createrole', 'bypassrls'])(
    'a role of PgQ with %s is refused, with the remedy',
    async (attribute) => {
      await admin.query(`alter role pgq_reader ${attribute}`)
      const refusal = await installEngine(admin, sql).catch((error: Error) => error)
      expect(refusal).toMatchObject({ code: 'FORBIDDEN', message: expect.stringContaining(`(${attribute})`) })
      await admin.query(/Ask an administrator for: (.*)\.$/.exec((refusal as Error).message)?.[1] ?? '')
      expect((await installEngine(admin, { ...sql, dryRun: true })).actions).not.toEqual([])
    },
  )

  it('warns of those who may give the roles of PgQ away, and of what they are members of', async () => {
    await admin.query(
      'create role stranger; create role more; grant pgq_reader to stranger with admin option',
    )
    await admin.query('grant more to pgq_writer')
    const { warnings } = await installEngine(admin, { ...sql, dryRun: true })
    expect(warnings).toContain('stranger may make any role a member of pgq_reader (admin option)')
    expect(warnings).toContain('role pgq_writer is a member of more, and so may do more than PgQ needs')
  })
})
