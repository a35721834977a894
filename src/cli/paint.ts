import { styleText } from 'node:util'

/** How something is. */
export type Tone = 'bad' | 'warning' | 'good'

const colors = { bad: 'red', warning: 'yellow', good: 'green' } as const

/** Colours a text for stdout, where that is a terminal with colours and `NO_COLOR` is not set. */
export function paint(text: string, tone: Tone | null): string {
  return tone !== null && hasColors() ? styleText(colors[tone], text) : text
}

function hasColors(): boolean {
  return process.stdout.isTTY && process.stdout.hasColors()
}
