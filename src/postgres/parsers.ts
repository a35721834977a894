import pg from 'pg'

const TIMESTAMPTZ = 1184

/**
 * Result parsers of this project's connections, never global: int8 and numeric stay decimal strings, and a
 * timestamptz becomes RFC 3339 text in UTC with microseconds. The connection's TimeZone must be UTC.
 */
export const parsers: pg.CustomTypesConfig = {
  getTypeParser(oid: number, format?: 'text' | 'binary') {
    if (oid === TIMESTAMPTZ && format !== 'binary') return toRfc3339
    return pg.types.getTypeParser(oid, format as 'text')
  },
}

/** Turns `2026-11-21 19:30:00.12+00` into `2026-11-21T19:30:00.120000Z`; `infinity` and dates BC stay unchanged. */
export function toRfc3339(text: string): string {
  const match = /^(\d{4,}-\d\d-\d\d) (\d\d:\d\d:\d\d)(?:\.(\d+))?\+00$/.exec(text)
  if (!match) return text
  const [, date, time, fraction = ''] = match
  return `${date}T${time}.${fraction.padEnd(6, '0')}Z`
}
