import { consumerColumns, queueColumns } from './columns.ts'
import { firstView, selectedIndex, type View } from './view.ts'

/** A key, as node:readline tells of it. */
export interface Key {
  name?: string | undefined
  sequence?: string | undefined
  ctrl?: boolean | undefined
}

/** Finds the view after a key. @param names Those in the rows that are seen, in order. */
export function press(view: View, key: Key, names: readonly string[], pageRows: number): View {
  if (key.ctrl && key.name === 'c') return { ...view, isOver: true }
  if (view.isTyping) return typed(view, key)
  if (view.isHelp) return { ...view, isHelp: false, isOver: key.sequence === 'q' }
  const move = moves[key.name ?? ''] ?? moves[key.sequence ?? '']
  if (move) return { ...view, selected: moved(names, view.selected, move(pageRows)) }
  switch (key.name) {
    case 'return':
    case 'right':
      return opened(view, names)
    case 'escape':
    case 'left':
    case 'backspace':
      return wentBack(view)
    case 'space':
      return { ...view, isPaused: !view.isPaused }
  }
  switch (key.sequence) {
    case 'q':
      return { ...view, isOver: true }
    case 'p':
      return { ...view, isPaused: !view.isPaused }
    case 's':
      return { ...view, sort: (view.sort + 1) % columnsOf(view).length }
    case 'r':
      return { ...view, isReversed: !view.isReversed }
    case '/':
      return { ...view, isTyping: true }
    case '?':
    case 'h':
      return { ...view, isHelp: true }
    default:
      return view
  }
}

function columnsOf({ queue }: View): readonly unknown[] {
  return queue === null ? queueColumns : consumerColumns
}

/** By how many rows a key moves. */
const moves: Record<string, (pageRows: number) => number> = {
  up: () => -1,
  k: () => -1,
  down: () => 1,
  j: () => 1,
  pageup: (pageRows) => -pageRows,
  pagedown: (pageRows) => pageRows,
  home: () => Number.NEGATIVE_INFINITY,
  end: () => Number.POSITIVE_INFINITY,
}

function moved(names: readonly string[], selected: string | null, by: number): string | null {
  const at = selectedIndex(names, selected) + by
  return names[Math.max(0, Math.min(names.length - 1, at))] ?? null
}

function opened(view: View, names: readonly string[]): View {
  const queue = names[selectedIndex(names, view.selected)]
  if (view.queue !== null || queue === undefined) return view
  const sort = consumerColumns.length - 1
  return { ...view, queue, selected: null, filter: '', sort, isReversed: false }
}

function wentBack(view: View): View {
  if (view.filter !== '') return { ...view, filter: '' }
  if (view.queue === null) return view
  return { ...view, queue: null, selected: view.queue, sort: firstView.sort, isReversed: false }
}

function typed(view: View, { name, sequence = '', ctrl = false }: Key): View {
  if (name === 'return') return { ...view, isTyping: false }
  if (name === 'escape') return { ...view, isTyping: false, filter: '' }
  if (name === 'backspace') return { ...view, filter: [...view.filter].slice(0, -1).join('') }
  return ctrl || !/^\P{C}+$/u.test(sequence) ? view : { ...view, filter: view.filter + sequence }
}
