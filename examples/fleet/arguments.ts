import { parseArgs } from 'node:util'

export interface Arguments {
  /** How many databases have events to be moved. */
  shards: number
  /** How often a gateway is killed. */
  kills: number
  /** Null starts an embedded PostgreSQL in a temporary directory. */
  serverUrl: string | null
  json: boolean
}

/** npm run example:fleet -- [--shards 16] [--kills 2] [--database-url postgresql://…] [--json] */
export function readArguments(args: readonly string[]): Arguments {
  const { values } = parseArgs({
    args: [...args],
    options: {
      shards: { type: 'string', default: '16' },
      kills: { type: 'string', default: '2' },
      'database-url': { type: 'string' },
      json: { type: 'boolean', default: false },
    },
  })
  return {
    shards: integer('--shards', values.shards, 1, 256),
    kills: integer('--kills', values.kills, 0, 1_000),
    serverUrl: values['database-url'] ?? process.env.DATABASE_URL ?? null,
    json: values.json,
  }
}

function integer(name: string, text: string, min: number, max: number): number {
  const value = Number(text)
  if (!Number.isInteger(value) || value < min || value > max)
    throw new Error(`${name} must be an integer from ${min} to ${max}`)
  return value
}
