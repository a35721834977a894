import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { compilePattern } from '../../src/json-schema/pattern.ts'
import { TimeBudget } from '../../src/json-schema/time-budget.ts'

const atoms = [
  ...['a', 'b', '.', '-', '\\.', '\\/', '\\^', '\\n', '\\0', '\\cJ', '\\x62', '\\u0061', '\\u2028'],
  ...['💡', '\\u{1F4A1}', '\\uD83D\\uDCA1', '\\ud83d', '\\udca1', '[\\ud83d]', '[^\\ud83d]', '[💡-💫]'],
  ...[
    '[ab]',
    '[^a]',
    '[^]',
    '[]',
    '[\\]a-]',
    '[\\b]',
    '[\\S]',
    '[^\\S]',
    '[^\\W\\s]',
    '[\\D-]',
    '[^\\p{Lu}a]',
  ],
  ...['\\w', '\\W', '\\s', '\\S', '\\d', '\\D', '\\p{L}', '\\P{L}', '\\p{Script=Latin}', '\\p{sc=Greek}'],
  ...['^', '$', '\\b', '\\B', '(?:)'],
]
const quantifiers = ['*', '+', '?', '*?', '+?', '{0}', '{2}', '{1,3}', '{2,}', '{0,2}?']
const groups = ['(', '(?:', '(?<name>', '(?<=', '(?<!']

/** Regular expressions of all that is supported; some are none. */
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
const letters = [
  ...['a', 'b', 'c', 'A', 'é', 'Σ', '1', '-', '.', ']', '_', '/', '^', '💡', '\ud83d', '\udca1'],
  ...[' ', '\n', '\r', '\b', '\0', '\x85', '\xa0', '\u2028', '\ufeff'],
]
const text = fc.oneof(
  { weight: 9, arbitrary: fc.array(fc.constantFrom(...letters), { maxLength: 8 }) },
  // The library searches longer texts in other ways.
  { weight: 1, arbitrary: fc.array(fc.constantFrom('a', 'b', '💡'), { minLength: 500, maxLength: 600 }) },
)
const texts = fc.array(
  text.map((parts) => parts.join('')),
  { minLength: 1, maxLength: 5 },
)

/**
 * Tests a text as ECMAScript says. V8 departs from it where it looks for a match that takes no characters: there it also
 * tries the place in the middle of a pair of surrogates. Gives null where V8 has too many ways to try.
 */
function matches(expression: RegExp, subject: string): boolean | null {
  let found: boolean | null = null
  new TimeBudget(20).run(() => {
    found = matchesAnywhere(expression, subject)
  })
  return found
}

function matchesAnywhere(expression: RegExp, subject: string): boolean {
  let index = 0
  for (const character of [...subject, '']) {
    expression.lastIndex = index
    if (expression.test(subject)) return true
    index += character.length
  }
  return false
}

describe('a pattern that is supported', () => {
  test('finds what a regular expression of JavaScript finds', () => {
    const compared = { true: 0, false: 0 }
    const property = fc.property(pattern, texts, (source, subjects) => {
      let expression: RegExp
      try {
        expression = new RegExp(source, 'uy')
      } catch {
        return
      }
      const compiled = compilePattern(source)
      for (const subject of subjects) {
        const expected = matches(expression, subject)
        if (expected === null) continue
        compared[`${expected}`]++
        expect([source, subject, compiled.test(subject)]).toEqual([source, subject, expected])
      }
    })
    fc.assert(property, { numRuns: 3_000 })
    expect(Math.min(compared.true, compared.false)).toBeGreaterThan(500)
  })

  test.each(['.', '\\d', '\\w', '\\s', '\\S', '[\\S]', '\\b', '[^\\s\\d]'])(
    '%s matches the characters that it matches in JavaScript',
    (source) => {
      const expression = new RegExp(source, 'u')
      const compiled = compilePattern(source)
      const different = []
      for (let code = 0; code <= 0x1ffff; code++) {
        const character = String.fromCodePoint(code)
        if (compiled.test(character) !== expression.test(character)) different.push(code)
      }
      expect(different).toEqual([])
    },
  )

  // The library and Node may know different versions of Unicode, but not of its first characters.
  const categories =
    'L LC Lu Ll Lt Lm Lo M Mn Mc Me N Nd Nl No P Pc Pd Ps Pe Pi Pf Po S Sm Sc Sk So Z Zs Zl Zp C Cc Cf'
  const properties = ['Alphabetic', 'Uppercase', 'Lowercase', 'White_Space', 'Emoji', 'Script=Greek', 'gc=Lu']
  test.each([...categories.split(' '), ...properties])(
    '\\p{%s} has the characters that it has in JavaScript',
    (name) => {
      const expression = new RegExp(`^\\p{${name}}$`, 'u')
      const [compiled, negated] = [compilePattern(`^\\p{${name}}$`), compilePattern(`^\\P{${name}}$`)]
      for (let code = 0; code < 0x500; code++) {
        const character = String.fromCodePoint(code)
        const expected = expression.test(character)
        expect([code, compiled.test(character), negated.test(character)]).toEqual([code, expected, !expected])
      }
    },
  )

  test.each([
    ['(?<!\\$)\\b\\d+%', ['up 12%', '$12%', '12 %'], [true, false, false]],
    ['(?<=(?<!-)-)\\d', ['-1', '--1', '1'], [true, false, false]],
    ['^(?:[a-z]{2,4}-)?\\d+(?:\\.\\d+)?$', ['ab-1.5', 'a-1', '12.'], [true, false, false]],
    ['a$', ['a', 'a\n'], [true, false]],
    ['', ['', 'a'], [true, true]],
  ])('%s', (source, subjects, expected) => {
    const compiled = compilePattern(source)
    expect(subjects.map((subject) => compiled.test(subject))).toEqual(expected)
  })
})

test.each([
  ['(a)\\1', /refers back to a group \(\\1\)/],
  ['(?<n>a)\\k<n>', /refers back to a group/],
  ['\\d(?=%)', /looks ahead \(\(\?=\): put each condition into a schema of allOf/],
  ['^(?!x)', /looks ahead \(\(\?!\): /],
  ['(?i:a)', /sets flags \(i\) for a group: write both cases as \[Aa\]/],
  ['\\p{Letter}', /names \\p\{Letter\}, .* write general categories short, as \\p\{Lu\}/],
  ['\\p{scx=Greek}', /names \\p\{scx=Greek\}, .* scripts as \\p\{Script=Greek\}/],
  ['a{1001}', /repeats too much: .* Use minLength and maxLength/],
  ['(?:a{1,1000}){1,1000}', /repeats too much/],
  ['(?:(?:(?:){9999999}){9999999}){9999999}', /repeats too much/],
])('the pattern %s is refused, with what to write instead', (source, message) => {
  expect(() => compilePattern(source)).toThrow(
    expect.objectContaining({ name: 'PatternError', message: expect.stringMatching(message) }),
  )
})

test.each(['(', 'a**', '\\a', '[b-a]', '\\p{Greek}', '\\u{110000}'])('%s is no pattern', (source) => {
  expect(() => compilePattern(source)).toThrow(SyntaxError)
})
