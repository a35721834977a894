import type { Page } from '../resolvers/page.ts'

/**
 * Makes a Relay connection of a page. A cursor holds the row's sort key, so it stays valid after the row is deleted.
 *
 * @param cursorOf Returns the row's sort key, which `decodeCursor` reads back.
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

/** Makes a cursor of a sort key; see `decodeCursor`. */
export function encodeCursor(key: readonly string[]): string {
  return Buffer.from(JSON.stringify(key)).toString('base64url')
}
