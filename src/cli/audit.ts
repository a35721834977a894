import { once } from 'node:events'
import { type Logger, pino } from 'pino'
import { ConfigError } from '../config/config-error.ts'

/** Where mutations are written down. */
export interface Audit {
  readonly logger: Logger
  /** Writes what is left. */
  close(): Promise<void>
}

/**
 * Opens the audit file, which the owner of the process alone may read where it is new.
 *
 * @param log Is told when lines cannot be written, as on a full disk.
 * @throws ConfigError where it cannot be opened.
 */
export async function openAuditFile(path: string, log: Logger): Promise<Audit> {
  const file = pino.destination({ dest: path, sync: false, append: true, mode: 0o600 })
  try {
    await once(file, 'ready')
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    // One that never opened would fail again at the end of the process, which flushes it.
    file.destroy()
    throw new ConfigError(`auditFile ${path}: it cannot be opened for writing (${code}).`, { cause: error })
  }
  file.on('error', (error: unknown) => log.error({ err: error }, 'The audit file cannot be written'))
  return {
    logger: pino({ level: 'info', base: null }, file),
    async close() {
      const closed = once(file, 'close')
      file.end()
      await closed
    },
  }
}

/**
 * Writes into the log, whatever its level is, with a mark by which the lines can be told from others. Those of one turn of
 * the event loop are written at once: the log waits for each of its writes.
 */
export function auditInLog(log: Logger): Audit {
  const destination = (log as Logger & Record<symbol, pino.DestinationStream>)[pino.symbols.streamSym]
  let lines = ''
  const flush = () => {
    if (lines !== '') destination?.write(lines)
    lines = ''
  }
  const write = (line: string) => {
    if (lines === '') setImmediate(flush)
    lines += line
  }
  return { logger: pino({ level: 'info', base: { audit: true } }, { write }), close: async () => flush() }
}
