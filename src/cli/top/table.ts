import { formatTable } from '../table.ts'
import { worstFirst } from '../troubles.ts'
import { queueColumns } from './columns.ts'
import type { Figures } from './figures.ts'

/** Formats figures as a table of queues, the worst first, or all of them as JSON. */
export function formatFigures(figures: Figures, json: boolean): string {
  if (json) return JSON.stringify(figures, null, 2)
  if (figures.queues.length === 0) return 'No queues.'
  return formatTable(
    worstFirst(figures.queues, ({ trouble }) => trouble),
    queueColumns,
  )
}
