import type { Logger } from 'pino'
import type { Config } from '../config/shape.ts'
import { databaseOptions, runningDatabase } from './connect.ts'
import { aborted, shutdownSignal } from './shutdown.ts'

/** Ticks until a signal. Waits for a database that is unreachable, and stands by while another ticker leads. */
export async function tick(config: Config, logger: Logger): Promise<void> {
  const shutdown = shutdownSignal(logger)
  const { LiveDatabase } = await import('../database/live-database.ts')
  const options = { ...databaseOptions(config, await runningDatabase(config)), ticker: true }
  const database = new LiveDatabase(options, { logger })
  try {
    database.start()
    await aborted(shutdown)
  } finally {
    await database.close()
    logger.info('Stopped')
  }
}
