import pg from 'pg'

/** Quotes a text for SQL that is shown to people. */
export const literal = (text: string): string => pg.escapeLiteral(text).trimStart()

/** Quotes a text for a POSIX shell where it needs quotes. */
export function shellWord(text: string): string {
  return /^[\w./-]+$/.test(text) && !text.startsWith('-') ? text : `'${text.replaceAll("'", "'\\''")}'`
}
