import type { Logger } from 'pino'
import type { Config } from '../config/shape.ts'
import { Database } from '../postgres/connections.ts'
import { runningDatabase } from './connect.ts'
import { aborted, shutdownSignal } from './shutdown.ts'

/** Ticks until a signal. Waits for a database that is unreachable, and stands by while another ticker leads. */
export async function tick(config: Config, logger: Logger): Promise<void> {
  const shutdown = shutdownSignal(logger)
  const database = new Database({
    name: 'main',
    connectionString: await runningDatabase(config),
    engine: config.engine,
    maxConnectionsPerRole: config.connections.maxPerRole,
    statementTimeoutMs: config.connections.statementTimeoutMs,
    logger,
  })
  const { Ticker } = await import('../ticker/ticker.ts')
  const ticker = new Ticker({ database, logger })
  try {
    void database.open()
    ticker.start()
    await aborted(shutdown)
  } finally {
    await ticker.stop()
    await database.close()
    logger.info('Stopped')
  }
}
