import { type Logger, pino } from 'pino'
import pretty from 'pino-pretty'
import type { Config } from '../config/shape.ts'

const STDERR = 2

/** Logs to stderr, so that stdout holds only results: for people on a terminal, otherwise one JSON object per line. */
export function createLogger(
  level: Config['logLevel'],
  isTerminal: boolean | undefined = process.stderr.isTTY,
): Logger {
  // Writes at once, not in a thread: the last lines before an exit matter most.
  if (!isTerminal) return pino({ level, base: null }, pino.destination({ dest: STDERR, sync: true }))
  const stream = pretty({
    destination: STDERR,
    sync: true,
    ignore: 'pid,hostname',
    translateTime: 'SYS:HH:MM:ss.l',
  })
  return pino({ level, base: null }, stream)
}
