export interface Column<Row> {
  title: string
  /** Returns what to show; null shows as a dash. */
  value(row: Row): string | number | null
  /** Default `left`; numbers read best at the right. */
  align?: 'left' | 'right'
}

/** Formats rows as aligned columns under a header, without a final newline. */
export function formatTable<Row>(rows: readonly Row[], columns: readonly Column<Row>[]): string {
  const cells = [
    columns.map((column) => column.title),
    ...rows.map((row) => columns.map((column) => printable(column.value(row)))),
  ]
  const widths = columns.map((_column, index) => Math.max(...cells.map((line) => length(line[index]))))
  const formatted = cells.map((line) =>
    line
      .map((cell, index) => {
        const padding = ' '.repeat((widths[index] ?? 0) - length(cell))
        return columns[index]?.align === 'right' ? padding + cell : cell + padding
      })
      .join('  ')
      .trimEnd(),
  )
  const rule = widths.map((width) => '─'.repeat(width)).join('  ')
  return [formatted[0], rule, ...formatted.slice(1)].join('\n')
}

/** Replaces control characters, which names may hold and which would disturb the terminal. */
export function printable(value: string | number | null): string {
  if (value === null) return '–'
  return String(value).replace(/\p{Cc}/gu, '�')
}

function length(text = ''): number {
  return [...text].length
}
