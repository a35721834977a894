import { readFile } from 'node:fs/promises'

/** A piece of code in a cell, with what the document says that it gives. */
export interface Snippet {
  code: string
  /** Undefined where the document does not say. */
  gives: string | undefined
  /** Title of the group of rows that it stands in. */
  group: string
}

/** Reads a table of docs/pgq.md: the code of each column, by the heading of the column. */
export async function readTable(...headings: string[]): Promise<Map<string, Snippet[]>> {
  const text = await readFile(new URL('../../../docs/pgq.md', import.meta.url), 'utf8')
  const [, below = ''] = text.split(`| ${headings.join(' | ')} |\n`)
  const [, ...rows] = (below.split('\n\n')[0] ?? '').trim().split('\n')
  const columns = new Map(headings.map((heading): [string, Snippet[]] => [heading, []]))
  let group = ''
  for (const row of rows) {
    const cells = row.split('|').slice(1, -1)
    if (cells.length !== headings.length)
      throw new Error(`docs/pgq.md: a row of ${cells.length} cells: ${row}`)
    const [, title] = /^ \*\*(.*)\*\* $/.exec(cells[0] ?? '') ?? []
    if (title !== undefined) group = title
    for (const [index, cell] of cells.entries()) {
      for (const [, code = '', gives] of cell.matchAll(/`([^`]+)`(?: → `([^`]+)`)?/g))
        columns.get(headings[index] ?? '')?.push({ code, gives, group })
    }
  }
  return columns
}

/** Finds the calls in SQL of functions of PgQ. @returns `schema.name(number of arguments)` of each. */
export function callsIn(sql: string): string[] {
  const plain = sql.replaceAll(/'(?:[^']|'')*'/g, 'text').replaceAll('now()', 'now')
  return [...plain.matchAll(/\b(pgq\w*\.\w+)\(([^()]*)\)/g)].map(
    ([, name, args]) => `${name}(${args === '' ? 0 : (args?.split(',').length ?? 0)})`,
  )
}
