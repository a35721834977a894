import stringWidth from 'string-width'
import { paint, type Tone } from './paint.ts'

export interface Column<Row> {
  title: string
  /** Returns what to show; null shows as a dash. */
  value(row: Row): string | number | null
  /** Default `left`; numbers read best at the right. */
  align?: 'left' | 'right'
  /** Returns how that is, which a terminal shows by a colour. Default: nothing special. */
  tone?(row: Row): Tone | null
}

/** Formats rows as aligned columns under a header, without a final newline. */
export function formatTable<Row>(rows: readonly Row[], columns: readonly Column<Row>[]): string {
  const filled = columns.map(({ title, value, align = 'left', tone }) => {
    const cells = rows.map((row) => {
      const shown = value(row)
      return { text: printable(shown), tone: shown === null ? null : (tone?.(row) ?? null) }
    })
    const width = Math.max(stringWidth(title), ...cells.map(({ text }) => stringWidth(text)))
    const head = [pad({ text: title, tone: null }, width, align), '─'.repeat(width)]
    return [...head, ...cells.map((cell) => pad(cell, width, align))]
  })
  return Array.from({ length: rows.length + 2 }, (_, line) =>
    filled
      .map((cells) => cells[line])
      .join('  ')
      .trimEnd(),
  ).join('\n')
}

interface Cell {
  text: string
  tone: Tone | null
}

function pad({ text, tone }: Cell, width: number, align: 'left' | 'right'): string {
  const padding = ' '.repeat(width - stringWidth(text))
  return align === 'right' ? padding + paint(text, tone) : paint(text, tone) + padding
}

/** Replaces control characters, which names may hold and which would disturb the terminal. */
export function printable(value: string | number | null): string {
  if (value === null) return '–'
  return String(value).replace(/\p{Cc}/gu, '�')
}
