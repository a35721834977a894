import type { Page } from '../resolvers/page.ts'

/**
 * A Relay connection of a page. A cursor holds the row's sort key, so it stays good when the row is gone.
 *
 * @param cursorOf The row's sort key, as `decodeCursor` gives it back.
 */
export function toConnection<Row>(page: Page<Row>, cursorOf: (row: Row) => string[]) {
  const edges = page.rows.map((node) => ({ node, cursor: encodeCursor(cursorOf(node)) }))
  return {
    edges,
    pageInfo: {
      hasNextPage: page.hasNextPage,
      hasPreviousPage: page.hasPreviousPage,
      startCursor: edges[0]?.cursor ?? null,
      endCursor: edges.at(-1)?.cursor ?? null,
    },
  }
}

function encodeCursor(key: string[]): string {
  return Buffer.from(JSON.stringify(key)).toString('base64url')
}
