import type { Logger } from 'pino'
import type { Config } from '../../config/shape.ts'
import type { Api } from './api.ts'
import { openLocalApi } from './local-api.ts'
import { openRemoteApi } from './remote-api.ts'

/** Which gateway is asked, and for which of its databases. */
export interface Target {
  /** GraphQL endpoint; undefined for a gateway in this process, on the databases of the configuration. */
  url: string | undefined
  token: string | undefined
  /** Name of the database. */
  database: string
}

export function openApi(target: Target, config: Config, logger: Logger): Promise<Api> {
  const { url, token, database } = target
  return url === undefined ? openLocalApi(database, config, logger) : openRemoteApi(url, token)
}
