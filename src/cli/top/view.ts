import { byName, type ColumnOf, consumerColumns, queueColumns } from './columns.ts'
import type { ConsumerFigures, Figures, QueueFigures } from './figures.ts'

/** What the user has chosen to see. */
export interface View {
  /** The queue whose consumers are shown; null for all queues. */
  queue: string | null
  /** Name in the chosen row; null for the first. */
  selected: string | null
  /** Place of the column by which rows are sorted. */
  sort: number
  isReversed: boolean
  /** Text that names must have, in any case. */
  filter: string
  /** Whether keys go into the filter. */
  isTyping: boolean
  isPaused: boolean
  isHelp: boolean
  isOver: boolean
}

export const firstView: View = {
  queue: null,
  selected: null,
  sort: queueColumns.length - 1,
  isReversed: false,
  filter: '',
  isTyping: false,
  isPaused: false,
  isHelp: false,
  isOver: false,
}

/** Rows as they are seen, with their columns. */
export type Listing =
  | { kind: 'queues'; rows: readonly QueueFigures[]; columns: readonly ColumnOf<QueueFigures>[] }
  | { kind: 'consumers'; rows: readonly ConsumerFigures[]; columns: readonly ColumnOf<ConsumerFigures>[] }

/** Lists what is to be seen, filtered and in order. */
export function listed(figures: Figures, view: View): Listing {
  if (view.queue === null)
    return { kind: 'queues', columns: queueColumns, rows: arranged(figures.queues, queueColumns, view) }
  const consumers = figures.consumers.filter(({ queue }) => queue === view.queue)
  return { kind: 'consumers', columns: consumerColumns, rows: arranged(consumers, consumerColumns, view) }
}

function arranged<Row extends { name: string }>(
  rows: readonly Row[],
  columns: readonly ColumnOf<Row>[],
  { filter, sort, isReversed }: View,
): Row[] {
  const wanted = filter.toLowerCase()
  const compare = columns[sort]?.compare ?? (() => 0)
  return rows
    .filter(({ name }) => name.toLowerCase().includes(wanted))
    .sort((a, b) => (isReversed ? compare(b, a) : compare(a, b)) || byName(a, b))
}

/** Finds the chosen row; the first, where that is not seen any more. */
export function selectedIndex(names: readonly string[], selected: string | null): number {
  return Math.max(0, selected === null ? 0 : names.indexOf(selected))
}
