import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Grant, GrantError, parseGrant, type Verb, verbs } from '../../src/access/grant.ts'
import { Pattern } from '../../src/access/pattern.ts'
import { createCaller } from '../../src/caller.ts'
import { type GuardedServer, startGuardedServer } from './guarded-server.ts'

/** Texts that mean something to patterns, to LIKE, to grants or to Unicode, and few enough that names meet patterns. */
const unit = fc.constantFrom(
  ...[
    'a',
    'b',
    'A',
    '.',
    '%',
    '_',
    '\\',
    '*',
    '/',
    '?',
    '&',
    '=',
    ':',
    ' ',
    '\n',
    '\t',
    "'",
    '"',
    '{',
    '}',
    '%2A',
  ],
  ...[
    '\u00e9',
    'e\u0301',
    '\u{1f600}',
    '\u{1f468}\u200d\u{1f469}',
    '\u0130',
    '\u00df',
    '\ufffd',
    '\uffff',
    '\u202e',
  ],
)
const name = fc.oneof(
  { weight: 20, arbitrary: fc.array(unit, { minLength: 1, maxLength: 4 }).map((units) => units.join('')) },
  {
    weight: 1,
    arbitrary: fc.array(unit, { minLength: 100, maxLength: 200 }).map((units) => units.join('')),
  },
)

/** A part of a grant: texts, with a star between each two of them. */
type Part = readonly string[]

const part: fc.Arbitrary<Part> = fc.oneof(
  { weight: 2, arbitrary: fc.constant(['', '']) },
  { weight: 3, arbitrary: name.map((text) => [text]) },
  { weight: 3, arbitrary: fc.array(fc.oneof(fc.constant(''), name), { minLength: 2, maxLength: 4 }) },
)

/** A name, with some that a part stands for among them. */
const nameNear = (of: Part) =>
  fc.oneof(
    name,
    fc
      .array(name, { minLength: of.length, maxLength: of.length })
      .map((between) =>
        of.map((piece, index) => (index === 0 ? piece : (between[index] ?? '') + piece)).join(''),
      ),
    fc.constant(of.join('')),
  )

interface Model {
  verb: Verb
  parts: readonly [database: Part, queue: Part, consumer: Part]
  filter: Readonly<Record<string, string>> | null
}

const grant: fc.Arbitrary<Model> = fc
  .record({
    verb: fc.constantFrom(...verbs),
    parts: fc.tuple(part, part, part),
    filter: fc.option(fc.dictionary(fc.constantFrom('extra1', 'extra2', 'extra4'), name, { minKeys: 1 }), {
      freq: 5,
    }),
  })
  .map(({ verb, parts, filter }) =>
    filter === null || verb !== 'read'
      ? { verb, parts, filter: null }
      : { verb, parts: [parts[0], parts[1], ['', '']], filter },
  )

const encode = (text: string) => encodeURIComponent(text).replaceAll('*', '%2A')

/** Encodes every byte, or what must be. */
const encodeAll = (text: string) =>
  [...Buffer.from(text)].map((byte) => `%${byte.toString(16).padStart(2, '0')}`).join('')

function spell(
  { verb, parts, filter }: Model,
  spelling: (text: string) => string = encode,
  star = '*',
): string {
  const place = parts.map((each) => each.map(spelling).join(star)).join('/')
  const conditions = Object.entries(filter ?? {}).map(([column, value]) => `${column}=${spelling(value)}`)
  return `${verb}:${place}${filter ? `?${conditions.join('&')}` : ''}`
}

/** A part that is one empty text would be no part at all. */
const isSpeakable = ({ parts }: Model) => parts.every((each) => each.length > 1 || each[0] !== '')

const isAny = (of: Part) => of.length > 1 && of.every((piece) => piece === '')

function fits(of: Part, text: string): boolean {
  const escaped = of.map((piece) => piece.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&'))
  return new RegExp(`^${escaped.join('[^]*')}$`).test(text)
}

const implied: Record<Verb, readonly Verb[]> = {
  stats: ['stats'],
  read: ['read', 'stats'],
  publish: ['publish'],
  consume: ['consume', 'stats'],
  manage: ['manage', 'stats'],
  admin: verbs,
}

function mayDo(
  grants: readonly Model[],
  needed: Verb,
  [database, queue, consumer]: (string | undefined)[],
): boolean {
  const within = (of: Part, text: string | undefined) => (text === undefined ? isAny(of) : fits(of, text))
  return grants.some(
    ({ verb, parts, filter }) =>
      filter === null &&
      implied[verb].includes(needed) &&
      fits(parts[0], database ?? '') &&
      within(parts[1], queue) &&
      within(parts[2], consumer),
  )
}

const knows = (grants: readonly Model[], database: string, queue: string) =>
  grants.some(({ parts }) => fits(parts[0], database) && fits(parts[1], queue))

const accessOf = (grants: readonly Model[]) =>
  createCaller({ name: 'fuzz', grants: grants.map((each) => spell(each)) }).access

const grantsAndPlace = fc.array(grant.filter(isSpeakable), { maxLength: 5 }).chain((grants) => {
  const parts = (index: number) => grants.map((each) => each.parts[index] ?? [''])
  const near = (index: number) =>
    grants.length === 0 ? name : fc.constantFrom(...parts(index)).chain((of) => nameNear(of))
  return fc.record({ grants: fc.constant(grants), database: near(0), queue: near(1), consumer: near(2) })
})

describe('what is granted is what a simple model says:', () => {
  test('to do, to see, and to read by conditions', () => {
    fc.assert(
      fc.property(
        grantsAndPlace,
        fc.constantFrom(...verbs),
        ({ grants, database, queue, consumer }, verb) => {
          const access = accessOf(grants)
          expect(access.allows([verb], { database, queue, consumer })).toBe(
            mayDo(grants, verb, [database, queue, consumer]),
          )
          expect(access.allows([verb], { database, queue })).toBe(mayDo(grants, verb, [database, queue]))
          expect(access.allows([verb], { database })).toBe(mayDo(grants, verb, [database]))
          expect(access.shows({ database, queue })).toBe(knows(grants, database, queue))
          expect(access.shows({ database, queue, consumer })).toBe(
            mayDo(grants, 'stats', [database, queue, consumer]),
          )
          const filters = grants.flatMap(({ parts, filter }) =>
            filter && fits(parts[0], database) && fits(parts[1], queue) ? [filter] : [],
          )
          const given = access.filtersOf({ database, queue })
          if (mayDo(grants, 'read', [database, queue])) expect(given).toBeNull()
          else expect(new Set(given?.map(textOf))).toEqual(new Set(filters.map(textOf)))
        },
      ),
      { numRuns: 3_000 },
    )
  })

  test('in whatever spelling, and with other claims, and in whatever order', () => {
    fc.assert(
      fc.property(grantsAndPlace, ({ grants }) => {
        const callers = [
          grants.map((each) => spell(each)),
          grants.map((each) => spell(each, encodeAll, '***')),
          [...grants, ...grants].reverse().map((each) => spell(each)),
        ].map((texts) => createCaller({ name: 'fuzz', grants: texts, claims: { tenant: 'a' } }))
        expect(new Set(callers.map(({ sight }) => sight)).size).toBe(1)
        const again = createCaller({
          name: 'fuzz',
          grants: grants.filter(({ filter }) => !filter).map((each) => spell(each)),
        })
        expect(createCaller({ name: 'fuzz', grants: [...again.access.grants] }).sight).toBe(again.sight)
      }),
      { numRuns: 1_000 },
    )
  })

  test('and callers of equal sight may see and do the same', () => {
    const two = grantsAndPlace.chain(({ grants, ...place }) =>
      fc.record({
        grants: fc.constant(grants),
        others: fc.oneof(fc.shuffledSubarray(grants), fc.shuffledSubarray([...grants, ...grants])),
        place: fc.constant(place),
      }),
    )
    fc.assert(
      fc.property(two, fc.constantFrom(...verbs), ({ grants, others, place }, verb) => {
        if (accessOf(grants).sight !== accessOf(others).sight) return
        const { database, queue, consumer } = place
        expect(mayDo(grants, verb, [database, queue, consumer])).toBe(
          mayDo(others, verb, [database, queue, consumer]),
        )
        expect(knows(grants, database, queue)).toBe(knows(others, database, queue))
      }),
      { numRuns: 3_000 },
    )
  })
})

const textOf = (filter: object) => JSON.stringify(Object.entries(filter).sort())

test('a text is a grant, or refused as none', () => {
  const texts = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc
      .array(
        fc.oneof(
          fc.constantFrom(
            ...verbs,
            ':',
            '/',
            '*',
            '?',
            'extra1',
            '=',
            '&',
            '{',
            '}',
            '%',
            '\ud800',
            '\0',
            '%00',
          ),
          unit,
        ),
      )
      .map((each) => each.join('')),
  )
  fc.assert(
    fc.property(texts, (text) => {
      let found: Grant | null
      try {
        found = parseGrant(text).resolve({ a: 'x' })
      } catch (error) {
        expect(error).toBeInstanceOf(GrantError)
        return
      }
      if (found && !found.filter) expect(parseGrant(found.text).resolve({})?.text).toBe(found.text)
    }),
    { numRuns: 3_000 },
  )
})

test.each(['read:main/a%00', 'read:main/\ud800', 'read:main/a?extra1=%00', 'read:main/a?extra1=\udc00'])(
  'a grant for what cannot be stored is none: %j',
  (text) => expect(() => parseGrant(text)).toThrow(GrantError),
)

test.each([
  [{ tenant: 'a\0' }],
  [{ tenant: '\ud800' }],
  [{ tenant: null }],
  [{ tenant: ['a'] }],
  [{ tenant: {} }],
  [{}],
  [JSON.parse('{"__proto__":{"tenant":"a"}}')],
])('a claim that is no text grants nothing: %j', (claims) =>
  expect(parseGrant('read:main/q?extra1={tenant}').resolve(claims)).toBeNull(),
)

test('a claim of Object.prototype is none', () => {
  expect(parseGrant('read:main/q?extra1={constructor}').resolve({})).toBeNull()
})

describe('in PostgreSQL', () => {
  let t: GuardedServer

  beforeAll(async () => {
    t = await startGuardedServer({ ticker: false })
  })

  afterAll(() => t[Symbol.asyncDispose]())

  test('LIKE finds for a pattern the names that it matches', async () => {
    const client = await t.fixture.connect()
    try {
      const pair = part.chain((of) => fc.record({ of: fc.constant(of), text: nameNear(of) }))
      await fc.assert(
        fc.asyncProperty(fc.array(pair, { minLength: 200, maxLength: 200 }), async (pairs) => {
          const patterns = pairs.map(({ of }) => Pattern.parse(of.map(encode).join('*')))
          const { rows } = await client.query<{ matches: boolean }>(
            'select name like pattern as matches from unnest($1::text[], $2::text[]) with ordinality each (name, pattern, n) order by n',
            [pairs.map(({ text }) => text), patterns.map(({ like }) => like)],
          )
          const answers = pairs.map(({ of, text }, index) => ({
            of,
            text,
            inSql: rows[index]?.matches,
            here: patterns[index]?.matches(text),
          }))
          for (const { of, text, inSql, here } of answers) {
            expect({ of, text, matches: inSql }).toEqual({ of, text, matches: here })
            expect({ of, text, matches: here }).toEqual({ of, text, matches: fits(of, text) })
          }
        }),
        { numRuns: 30 },
      )
    } finally {
      await client.end()
    }
  })

  test('lists are those of the model, by any grants', async () => {
    const short = name.filter((each) => each.length < 20)
    const queues = [...new Set(fc.sample(short, { numRuns: 25, seed: 1 }))]
    const consumers = [...new Set(fc.sample(short, { numRuns: 4, seed: 2 }))]
    const client = await t.fixture.connect()
    await client.query('select pgq.create_queue(name) from unnest($1::text[]) name', [queues])
    await client.query(
      'select pgq.register_consumer(queue, consumer) from unnest($1::text[]) queue, unnest($2::text[]) consumer',
      [queues, consumers],
    )
    await client.end()
    const ofSome = (names: readonly string[]) =>
      fc.oneof(
        part,
        fc.constantFrom(...names).map((each) => [each]),
        fc
          .constantFrom(...names)
          .map((each) => [each.slice(0, 1).isWellFormed() ? each.slice(0, 1) : '', '']),
      )
    const grantHere = fc
      .record({ verb: fc.constantFrom(...verbs), queue: ofSome(queues), consumer: ofSome(consumers) })
      .map(({ verb, queue, consumer }): Model => ({ verb, parts: [['main'], queue, consumer], filter: null }))
    await fc.assert(
      fc.asyncProperty(
        fc.array(grantHere.filter(isSpeakable), { minLength: 1, maxLength: 4 }),
        async (grants) => {
          const caller = t.admit(
            'fuzz',
            grants.map((each) => spell(each)),
          )
          const data = await t.done(
            caller,
            '{ queues { nodes { name } } consumers(first: 500) { nodes { name queue { name } } } }',
          )
          const seenQueues = queues.filter((queue) => knows(grants, 'main', queue))
          expect(new Set(data.queues.nodes.map((each: { name: string }) => each.name))).toEqual(
            new Set(seenQueues),
          )
          const seen = queues.flatMap((queue) =>
            consumers.flatMap((consumer) =>
              mayDo(grants, 'stats', ['main', queue, consumer]) ? [`${queue}\0${consumer}`] : [],
            ),
          )
          const listed = data.consumers.nodes.map(
            (each: { name: string; queue: { name: string } }) => `${each.queue.name}\0${each.name}`,
          )
          expect(listed.sort()).toEqual(seen.sort())
        },
      ),
      { numRuns: 100 },
    )
  })
})
