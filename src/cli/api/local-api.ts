import { type ExecutionResult, execute, parse, subscribe } from 'graphql'
import type { Logger } from 'pino'
import type { Config } from '../../config/shape.ts'
import { createGateway } from '../../gateway/gateway.ts'
import { readInstalledRevision, readRevision } from '../../install/revision.ts'
import { CliError, connect } from '../connect.ts'
import { databaseOptions, directUrlOf, runningDatabases } from '../targets.ts'
import { type Answer, type Api, dataOf, type Variables } from './api.ts'

/** Opens a gateway in this process on one of the databases; it ticks nothing, and installs nothing. */
export async function openLocalApi(name: string, config: Config, logger: Logger): Promise<Api> {
  const entry = (await runningDatabases(config, [name]))[0]
  if (!entry) throw new CliError(`There is no database ${name}.`)
  await checkInstalled(directUrlOf(entry))
  const gateway = createGateway({ databases: [{ ...databaseOptions(config, entry), ticker: false }], logger })
  const argumentsOf = (query: string, variableValues: Variables) => ({
    schema: gateway.schema,
    document: parse(query),
    contextValue: gateway.contextFor(),
    variableValues,
  })
  const reveal = <Data>({ data, errors }: ExecutionResult): Data =>
    dataOf({ data, errors: errors?.map((error) => gateway.maskError(error)) } as Answer<Data>)
  gateway.start()
  await gateway.databases.get(name).ready()
  return {
    ask: async (query, variables) => reveal(await execute(argumentsOf(query, variables))),
    async *follow(query, variables) {
      const stream = await subscribe(argumentsOf(query, variables))
      if (!(Symbol.asyncIterator in stream)) throw new CliError(String(reveal(stream)))
      for await (const result of stream) yield reveal(result)
    },
    [Symbol.asyncDispose]: () => gateway.close(),
  }
}

/** A gateway would install what is missing, which a command that only looks must not. */
async function checkInstalled(url: string): Promise<void> {
  const { client } = await connect(url, 'cli')
  try {
    const installed = await readInstalledRevision(client)
    if (installed === null || installed.number < (await readRevision()).number)
      throw new CliError('This database is not up to date. Run "pgq-graphql install" first.')
  } finally {
    await client.end()
  }
}
