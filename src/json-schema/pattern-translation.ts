import { type AST, RegExpParser } from '@eslint-community/regexpp'
import { RE2JS, RE2JSException } from 're2js'

/** Reports what cannot be matched in bounded time, or is not supported, and what to write instead. */
export class PatternError extends Error {
  override readonly name = 'PatternError'
}

const parser = new RegExpParser({ ecmaVersion: 2025 })

/**
 * Writes in RE2's syntax what `new RegExp(pattern, 'u')` means. Groups lose their names and numbers, and repetitions
 * their laziness, since neither changes whether a text matches.
 *
 * @throws PatternError for look-aheads, references back to a group, flags of a group, and properties RE2 does not name.
 * @throws SyntaxError for what is not a pattern.
 */
export function toRe2(pattern: string): string {
  return choiceOf(parser.parsePattern(pattern, 0, pattern.length, { unicode: true }).alternatives)
}

function choiceOf(alternatives: readonly AST.Alternative[]): string {
  return alternatives.map(({ elements }) => elements.map(elementOf).join('')).join('|')
}

function elementOf(node: AST.Element): string {
  switch (node.type) {
    case 'Assertion':
      return assertionOf(node)
    case 'Backreference':
      throw new PatternError(`refers back to a group (${node.raw}): list the texts it may stand for instead`)
    case 'CapturingGroup':
      return `(?:${choiceOf(node.alternatives)})`
    case 'Group':
      if (!node.modifiers) return `(?:${choiceOf(node.alternatives)})`
      throw new PatternError(
        `sets flags (${node.modifiers.raw}) for a group: write both cases as [Aa] instead`,
      )
    case 'Quantifier': {
      const most = node.max === Number.POSITIVE_INFINITY ? '' : node.max
      return `(?:${elementOf(node.element)}){${node.min},${most}}`
    }
    case 'Character':
      return codePoint(node.value)
    case 'CharacterSet':
      return node.kind === 'any' ? '[^\\n\\r\\x{2028}\\x{2029}]' : `[${membersOf(node)}]`
    case 'CharacterClass': {
      const members = node.elements.map(membersOf).join('')
      // RE2 does not know a class without members.
      if (members === '') return node.negate ? `[${everything}]` : `[^${everything}]`
      return `[${node.negate ? '^' : ''}${members}]`
    }
    case 'ExpressionCharacterClass':
      throw new PatternError('combines classes, which needs the flag v: write their characters instead')
  }
}

function assertionOf(node: AST.Assertion): string {
  switch (node.kind) {
    case 'lookahead':
      throw new PatternError(
        `looks ahead (${node.negate ? '(?!' : '(?='}): put each condition into a schema of allOf, ` +
          'with a pattern of its own and "not" where it must not match',
      )
    case 'lookbehind':
      return `(?<${node.negate ? '!' : '='}${choiceOf(node.alternatives)})`
    default:
      return node.raw
  }
}

const everything = '\\x{0}-\\x{10ffff}'
// White space in ECMAScript is that of Unicode, five control characters, and the byte order mark.
const space = '\\t-\\r\\x{feff}\\p{Z}'
const notSpace =
  '\\x{0}-\\x{8}\\x{e}-\\x{1f}!-\\x{9f}\\x{a1}-\\x{167f}\\x{1681}-\\x{1fff}\\x{200b}-\\x{2027}\\x{202a}-\\x{202e}' +
  '\\x{2030}-\\x{205e}\\x{2060}-\\x{2fff}\\x{3001}-\\x{fefe}\\x{ff00}-\\x{10ffff}'

/** Writes a member of a class as it stands between the brackets. */
function membersOf(node: AST.CharacterClassElement): string {
  if (node.type === 'Character') return codePoint(node.value)
  if (node.type === 'CharacterClassRange') return `${codePoint(node.min.value)}-${codePoint(node.max.value)}`
  if (node.type !== 'CharacterSet') throw new PatternError(`has a class within a class (${node.raw})`)
  if (node.kind === 'space') return node.negate ? notSpace : space
  return node.kind === 'property' ? propertyOf(node) : node.raw
}

function propertyOf({ key, value, negate, raw }: AST.UnicodePropertyCharacterSet): string {
  const name = value === null ? key : value
  const isNamed = value === null || ['Script', 'sc', 'General_Category', 'gc'].includes(key)
  const property = `\\${negate ? 'P' : 'p'}{${name}}`
  if (isNamed && isKnown(property)) return property
  throw new PatternError(
    `names ${raw}, which is not supported: write general categories short, as \\p{Lu}, and scripts as \\p{Script=Greek}`,
  )
}

function isKnown(property: string): boolean {
  try {
    RE2JS.compile(property)
    return true
  } catch (error) {
    if (error instanceof RE2JSException) return false
    throw error
  }
}

function codePoint(value: number): string {
  return `\\x{${value.toString(16)}}`
}
