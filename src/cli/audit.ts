import { once } from 'node:events'
import { type Logger, pino } from 'pino'
import { ConfigError } from '../config/config-error.ts'

const JOIN_MS = 10

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
  const lines = new JoinedLines((text) => file.write(text))
  return {
    logger: pino({ level: 'info', base: null }, lines),
    async close() {
      lines.close()
      const closed = once(file, 'close')
      file.end()
      await closed
    },
  }
}

/** Writes into the log, whatever its level is, with a mark by which the lines can be told from others. */
export function auditInLog(log: Logger): Audit {
  const destination = (log as Logger & Record<symbol, pino.DestinationStream>)[pino.symbols.streamSym]
  const lines = new JoinedLines((text) => destination?.write(text))
  return {
    logger: pino({ level: 'info', base: { audit: true } }, lines),
    close: async () => lines.close(),
  }
}

/** Writes the lines of some milliseconds at once, since each write costs more than its lines. None is left when the process ends. */
class JoinedLines {
  readonly #write: (text: string) => void
  #lines = ''

  constructor(write: (text: string) => void) {
    this.#write = write
    process.once('exit', this.flush)
  }

  write(line: string): void {
    if (this.#lines === '') setTimeout(this.flush, JOIN_MS)
    this.#lines += line
  }

  readonly flush = (): void => {
    if (this.#lines !== '') this.#write(this.#lines)
    this.#lines = ''
  }

  /** Writes what is left. */
  close(): void {
    this.flush()
    process.off('exit', this.flush)
  }
}
