import stringWidth from 'string-width'
import { countOf } from '../../count-of.ts'
import { formatSeconds } from '../../duration.ts'
import { paint, type Tone } from '../paint.ts'
import { printable } from '../table.ts'
import type { ColumnOf } from './columns.ts'
import type { Figures } from './figures.ts'
import { type Listing, listed, selectedIndex, type View } from './view.ts'

export interface Size {
  columns: number
  rows: number
}

/** What the screen shows. */
export interface Scene {
  database: string
  figures: Figures
  view: View
  /** Why no figures come at present; null while they do. */
  loss: string | null
}

/** Lines above the rows and below. */
const FRAME_LINES = 5

/** Counts the rows of queues or consumers that there is room for. */
export function pageRowsOf({ rows }: Size): number {
  return Math.max(1, rows - FRAME_LINES)
}

/** Draws the screen: as many lines as it has, none wider. */
export function frameOf(scene: Scene, size: Size): string[] {
  const { view, figures } = scene
  const listing = listed(figures, view)
  const body = view.isHelp ? help : tableOf(listing, view, size)
  const { text, tone } = stateOf(scene, listing)
  const state = paint(cut(text, size.columns), tone)
  const lines = [cut(headerOf(scene), size.columns), state, '', ...body].slice(0, size.rows - 1)
  const blank = Array.from({ length: Math.max(0, size.rows - 1 - lines.length) }, () => '')
  return [...lines, ...blank, cut(keysOf(view), size.columns)]
}

function headerOf({ database, figures, view: { queue: name } }: Scene): string {
  const queue = figures.queues.find((each) => each.name === name)
  const time = figures.at.toTimeString().slice(0, 8)
  if (name === null) {
    const rate = figures.queues.reduce((sum, { eventsPerSecond }) => sum + eventsPerSecond, 0)
    const counts = `${countOf(figures.queues.length, 'queue')}, ${countOf(figures.consumers.length, 'consumer')}`
    return printable(`${time}  Database ${database}: ${counts}, ${rate.toFixed(1)} events/s`)
  }
  if (!queue) return printable(`${time}  Queue ${name} is gone.`)
  const { eventsPerSecond, newEvents, tickAgeSeconds, retryCount, deadLetterCount } = queue
  const since = `${newEvents} since tick ${formatSeconds(tickAgeSeconds) ?? '–'} ago`
  const kept = `${retryCount} to retry, ${deadLetterCount} dead`
  return printable(`${time}  Queue ${name}: ${eventsPerSecond.toFixed(1)} events/s, ${since}, ${kept}`)
}

/** Says how things are, in the line below the header. */
function stateOf(
  { figures, view, loss }: Scene,
  { kind, rows }: Listing,
): { text: string; tone: Tone | null } {
  if (view.isTyping || view.filter !== '')
    return { text: printable(`Filter: ${view.filter}${view.isTyping ? '▏' : ''}`), tone: null }
  if (loss !== null) return { text: printable(`No figures: ${loss}. Trying again …`), tone: 'bad' }
  if (view.isPaused) return { text: 'Paused; p goes on.', tone: 'warning' }
  const trouble = figures.queues.find(({ name }) => name === view.queue)?.trouble
  if (trouble) return { text: printable(trouble.words), tone: trouble.tone }
  const troubles = rows.flatMap((row) => row.trouble ?? [])
  if (troubles.length === 0) return { text: 'Nothing is wrong.', tone: 'good' }
  const subject = countOf(troubles.length, kind === 'queues' ? 'queue' : 'consumer')
  const tone = troubles.some((each) => each.tone === 'bad') ? 'bad' : 'warning'
  return { text: `Something is wrong with ${subject}.`, tone }
}

function tableOf(listing: Listing, view: View, size: Size): string[] {
  const lines =
    listing.kind === 'queues'
      ? rowsOf(listing.rows, listing.columns, view, size)
      : rowsOf(listing.rows, listing.columns, view, size)
  if (listing.rows.length > 0) return lines
  return [...lines, view.filter === '' ? `No ${listing.kind}.` : 'None has this in its name.']
}

function rowsOf<Row extends { name: string }>(
  rows: readonly Row[],
  columns: readonly ColumnOf<Row>[],
  view: View,
  size: Size,
): string[] {
  const widths = widthsOf(columns, size.columns)
  const titles = columns.map(({ title, align }, index) => {
    const mark = index === view.sort ? (view.isReversed ? '↑' : '↓') : ''
    return pad(title + mark, widths[index] ?? 0, align)
  })
  const chosen = selectedIndex(
    rows.map(({ name }) => name),
    view.selected,
  )
  const pageRows = pageRowsOf(size)
  const first = Math.max(0, Math.min(chosen - Math.floor(pageRows / 2), rows.length - pageRows))
  const lines = rows.slice(first, first + pageRows).map((row, index) => {
    const isChosen = first + index === chosen
    const cells = columns.map(({ value, align, tone }, column) => {
      const cell = pad(printable(value(row)), widths[column] ?? 0, align)
      return isChosen ? cell : paint(cell, tone?.(row) ?? null)
    })
    return isChosen ? inverse(pad(cells.join(' '), size.columns, 'left')) : cells.join(' ')
  })
  return [titles.join(' '), ...lines]
}

/** Shares what columns of a given width leave among the others. */
function widthsOf<Row>(columns: readonly ColumnOf<Row>[], total: number): number[] {
  const given = columns.reduce((sum, { width }) => sum + (typeof width === 'number' ? width : 0), 0)
  const left = total - given - (columns.length - 1)
  return columns.map(({ width }) =>
    typeof width === 'number' ? width : Math.max(8, Math.floor(width.share * left)),
  )
}

function keysOf({ isTyping, isHelp, queue }: View): string {
  if (isTyping) return 'Enter keep the filter  Esc drop it'
  if (isHelp) return 'any key back  q quit'
  const enter = queue === null ? 'Enter open' : 'Esc back'
  return `↑↓ move  ${enter}  s sort  r reverse  / filter  p pause  ? help  q quit`
}

const help = [
  'Keys',
  '  ↑ ↓ k j PgUp PgDn Home End   move',
  '  Enter →                      into the queue: its consumers',
  '  Esc ← Backspace              back, or drop the filter',
  '  s                            sort by the next column',
  '  r                            turn the order round',
  '  /                            filter by a part of the name',
  '  p Space                      pause, and go on',
  '  q Ctrl-C                     quit',
  '',
  'Pending and behind are those of the consumer that is furthest behind: how many',
  'events wait for it, and for how long the oldest. Here: some stream has it now.',
]

/** Makes a text as wide as that, by spaces or by cutting it. */
function pad(text: string, width: number, align: 'left' | 'right'): string {
  const fitted = cut(text, width)
  const padding = ' '.repeat(Math.max(0, width - stringWidth(fitted)))
  return align === 'right' ? padding + fitted : fitted + padding
}

const graphemes = new Intl.Segmenter()

/** Cuts a text without colours that is too wide. */
function cut(text: string, width: number): string {
  if (stringWidth(text) <= width) return text
  let kept = ''
  for (const { segment } of graphemes.segment(text)) {
    if (stringWidth(kept + segment) > width - 1) break
    kept += segment
  }
  return `${kept}…`
}

function inverse(text: string): string {
  return `\u001b[7m${text}\u001b[27m`
}
