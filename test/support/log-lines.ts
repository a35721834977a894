import { type Logger, pino } from 'pino'

export interface LogLine {
  level: number
  msg: string
  [detail: string]: unknown
}

/** A logger of level trace, and what it was given. */
export function loggedLines(): { logger: Logger; lines: LogLine[]; text(): string } {
  const lines: LogLine[] = []
  const logger = pino({ level: 'trace' }, { write: (line) => lines.push(JSON.parse(line)) })
  return { logger, lines, text: () => JSON.stringify(lines) }
}
