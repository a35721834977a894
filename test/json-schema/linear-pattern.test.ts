import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { LinearPattern } from '../../src/json-schema/linear-pattern.ts'

const atoms = [
  ...[
    'a',
    'b',
    '.',
    '-',
    '\\.',
    '\\n',
    '\\0',
    '\\cJ',
    '\\x62',
    '\\u0061',
    '💡',
    '\\u{1F4A1}',
    '\\uD83D\\uDCA1',
  ],
  ...['[ab]', '[^a]', '[^]', '[\\]a-]', '\\w', '\\W', '\\s', '\\d', '\\p{L}', '\\P{L}'],
  ...['^', '$', '\\b', '\\B', '(?:)'],
]
const quantifiers = ['*', '+', '?', '*?', '+?', '{0}', '{2}', '{1,3}', '{2,}', '{0,2}?']
const groups = ['(', '(?:', '(?<name>', '(?=', '(?!', '(?<=', '(?<!']

/** Generates regular expressions of every construct; some are invalid. */
const { pattern } = fc.letrec<{ pattern: string; sequence: string; item: string }>((tie) => {
  const group = fc
    .tuple(fc.constantFrom(...groups), tie('pattern'))
    .map(([open, inner]) => `${open}${inner})`)
  const repeatable = fc.oneof(
    fc.constantFrom(...atoms),
    tie('pattern').map((inner) => `(?:${inner})`),
  )
  return {
    pattern: fc.oneof(
      { depthSize: 'small' },
      tie('sequence'),
      fc.tuple(tie('sequence'), tie('sequence')).map((both) => both.join('|')),
    ),
    sequence: fc.array(tie('item'), { maxLength: 4 }).map((items) => items.join('')),
    item: fc.oneof(
      { depthSize: 'small' },
      fc.constantFrom(...atoms),
      fc.tuple(repeatable, fc.constantFrom(...quantifiers)).map((both) => both.join('')),
      group,
    ),
  }
})
const letters = ['a', 'b', 'c', 'A', 'é', '1', '-', '.', ']', ' ', '\n', '\0', '💡', '\ud83d', '\udca1']
const text = fc.array(fc.constantFrom(...letters), { maxLength: 8 }).map((parts) => parts.join(''))

/**
 * Matches as ECMAScript says. V8 departs from it for an empty match, which it also tries in the middle of a surrogate
 * pair.
 */
function matches(expression: RegExp, subject: string): boolean {
  let index = 0
  for (const character of [...subject, '']) {
    expression.lastIndex = index
    if (expression.test(subject)) return true
    index += character.length
  }
  return false
}

describe('a pattern that is matched in linear time', () => {
  test('finds what a regular expression of JavaScript finds', () => {
    let compared = 0
    const property = fc.property(
      pattern,
      fc.array(text, { minLength: 1, maxLength: 5 }),
      (source, subjects) => {
        let expression: RegExp
        try {
          expression = new RegExp(source, 'uy')
        } catch {
          return
        }
        const linear = new LinearPattern(source)
        for (const subject of subjects) {
          compared++
          expect([source, subject, linear.test(subject)]).toEqual([
            source,
            subject,
            matches(expression, subject),
          ])
        }
      },
    )
    fc.assert(property, { numRuns: 3_000 })
    expect(compared).toBeGreaterThan(1_000)
  })

  test.each([
    ['(?<!\\$)\\b\\d+(?=%)', ['up 12%', '$12%', '12 %'], [true, false, false]],
    ['^(?=.*[A-Z])(?=.*\\d).{8,}$', ['Abcdefg1', 'abcdefg1', 'Abcdef1'], [true, false, false]],
    ['(?=(?<=^|,)(?!,)b?)c', ['a,c', 'ac', 'c'], [true, false, true]],
    ['^(?:[a-z]{2,4}-)?\\d+(?:\\.\\d+)?$', ['ab-1.5', 'a-1', '12.'], [true, false, false]],
    ['', ['', 'a'], [true, true]],
  ])('%s', (source, subjects, expected) => {
    const linear = new LinearPattern(source)
    expect(subjects.map((subject) => linear.test(subject))).toEqual(expected)
  })

  test.each([
    '(a)\\1',
    '(?<n>a)\\k<n>',
    '(?:a{100}){60}',
    '(?:(?=a{3000})){2}',
    '(?:(?:(?:){9999999}){9999999}){9999999}',
    '(?i:a)',
  ])('is refused for %s', (source) => {
    expect(() => new LinearPattern(source)).toThrow(expect.objectContaining({ name: 'PatternError' }))
  })
})
