import { type Logger, pino } from 'pino'
import type { Config } from '../config/shape.ts'

const STDERR = 2

/** Logs to stderr, so that stdout is left to results: for people on a terminal, else a JSON object a line. */
export async function createLogger(
  level: Config['logLevel'],
  isTerminal: boolean | undefined = process.stderr.isTTY,
): Promise<Logger> {
  // Written at once, not in a thread: the last lines before an exit are the ones that matter.
  // It may be left out of an installation.
  const pretty = isTerminal ? await import('pino-pretty').catch(() => null) : null
  if (!pretty) return pino({ level, base: null }, pino.destination({ dest: STDERR, sync: true }))
  const stream = pretty.default({
    destination: STDERR,
    sync: true,
    ignore: 'pid,hostname',
    translateTime: 'SYS:HH:MM:ss.l',
  })
  return pino({ level, base: null }, stream)
}
