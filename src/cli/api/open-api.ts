import type { Logger } from 'pino'
import type { Config } from '../../config/shape.ts'
import type { Api } from './api.ts'

/** Which gateway is asked, and for which of its databases. */
export interface Target {
  /** GraphQL endpoint; undefined for a gateway in this process, on the databases of the configuration. */
  url: string | undefined
  token: string | undefined
  /** Name of the database. */
  database: string
}

/** Loads what the target needs alone: a whole gateway would double the time of every other command. */
export async function openApi(target: Target, config: Config, logger: Logger): Promise<Api> {
  const { url, token, database } = target
  return url === undefined
    ? (await import('./local-api.ts')).openLocalApi(database, config, logger)
    : (await import('./remote-api.ts')).openRemoteApi(url, token)
}
