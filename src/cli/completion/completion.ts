import type { Command } from 'commander'
import { complete } from './candidates.ts'
import { findNames } from './names.ts'

/**
 * Lists what the last word of a command line can be, a line each: the word, a tab, and what it means. What a shell cannot
 * take is left out.
 */
export async function completionLines(program: Command, words: readonly string[]): Promise<string[]> {
  const { candidates, names } = complete(program, words)
  const found = names ? await findNames(names) : []
  const word = words.at(-1) ?? ''
  return [
    ...candidates.map(({ value, description }) => `${value}\t${description}`),
    ...found.filter((name) => name.startsWith(word) && !/\p{Cc}/u.test(name)).map((name) => `${name}\t`),
  ]
}
