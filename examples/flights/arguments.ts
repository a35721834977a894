import { parseArgs } from 'node:util'

export interface Arguments {
  /** How many rows of the data set to publish. */
  rows: number
  /** Null starts an embedded PostgreSQL in a temporary directory. */
  databaseUrl: string | null
  json: boolean
}

/** npm run example:flights -- [--rows 20000] [--database-url postgresql://…] [--json] */
export function readArguments(args: readonly string[]): Arguments {
  const { values } = parseArgs({
    args: [...args],
    options: {
      rows: { type: 'string', default: '20000' },
      'database-url': { type: 'string' },
      json: { type: 'boolean', default: false },
    },
  })
  const rows = Number(values.rows)
  if (!Number.isInteger(rows) || rows < 100) throw new Error('--rows must be an integer of at least 100')
  return { rows, databaseUrl: values['database-url'] ?? null, json: values.json }
}
