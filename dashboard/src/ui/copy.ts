import { basePath } from '../api/credentials.ts'
import type { EventFieldsFragment } from '../generated/operations.ts'

/** Ways to publish an event like this one again. */
export const copies = {
  curl(database: string, queue: string, event: EventFieldsFragment): string {
    const query = 'mutation ($input: InsertEventInput!) { insertEvent(input: $input) { eventId } }'
    const body = JSON.stringify({ query, variables: { input: { database, queue, ...contentOf(event) } } })
    const url = new URL(`${basePath}graphql`, location.origin)
    return `curl ${url} -H 'content-type: application/json' -H "authorization: Bearer $PGQ_TOKEN" -d '${body.replaceAll("'", "'\\''")}'`
  },

  SQL(_: string, queue: string, event: EventFieldsFragment): string {
    const { type, data, extra1, extra2, extra3, extra4 } = event
    const values = [queue, type, data, extra1, extra2, extra3, extra4]
    return `select pgq.insert_event(${values.map(literal).join(', ')});`
  },

  TypeScript(database: string, queue: string, event: EventFieldsFragment): string {
    return `await client.publish(${JSON.stringify(queue)}, ${JSON.stringify(contentOf(event))}) // in ${JSON.stringify(database)}`
  },
}

function contentOf({ type, data, extra1, extra2, extra3, extra4 }: EventFieldsFragment) {
  const content = Object.entries({ type, data, extra1, extra2, extra3, extra4 })
  return Object.fromEntries(content.filter(([, value]) => value !== null))
}

function literal(value: string | null): string {
  if (value === null) return 'null'
  const quoted = `'${value.replaceAll("'", "''")}'`
  return value.includes('\\') ? `E${quoted.replaceAll('\\', '\\\\')}` : quoted
}
