import { interruptible } from '../interruptible.ts'

interface Page<Node> {
  readonly nodes: readonly Node[]
  readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string | null }
}

/** Gives the entries of a list one by one, and reads a page when it is needed. */
export function entriesOf<Node>(
  signal: AbortSignal | undefined,
  readPage: (after: string | null, signal: AbortSignal) => Promise<Page<Node>>,
): AsyncIterableIterator<Node, void> {
  async function* generate(ending: AbortSignal): AsyncGenerator<Node, void> {
    let after: string | null = null
    for (;;) {
      const { nodes, pageInfo }: Page<Node> = await readPage(after, ending)
      yield* nodes
      if (!pageInfo.hasNextPage) return
      after = pageInfo.endCursor
    }
  }
  return interruptible(signal, generate)
}
