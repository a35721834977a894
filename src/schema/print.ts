import { writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { lexicographicSortSchema, printSchema } from 'graphql'
import { createPgqSchema } from './index.ts'

/** Writes `schema.graphql`, from which clients are generated; CI fails when the committed one differs. */
const path = fileURLToPath(new URL('../../schema.graphql', import.meta.url))
writeFileSync(path, `${printSchema(lexicographicSortSchema(createPgqSchema()))}\n`)
