import { isJsonObject, isSameJson, type JsonObject, pointerTo, resolvePointer } from './json.ts'
import { annotations, constraints, schemaKeywords } from './keywords.ts'
import { compareProperties } from './property-changes.ts'
import { matchMembers } from './union-changes.ts'
import { compareTypes, compareValues } from './value-changes.ts'

/** What a reader of the other version could stumble over. */
export interface BreakingChange {
  /** JSON pointer into the newer schema; into the older one for what is gone. */
  path: string
  /** Reads on after the path. */
  what: string
}

/**
 * What a new version of a schema breaks, for readers whose types are made of the older one and who are given new events,
 * and for readers whose types are made of the newer one and who are given events that are still in the log. Both must hold,
 * so the types must be the same, but for properties that a reader may do without.
 *
 * Readers are TypeScript's. What no type says may change: lengths, ranges, patterns, formats, and all texts for people. So
 * may optional properties come and go, since who does not name a property does not read it, and an object be opened or
 * closed to properties without a name. An event is taken not to hold properties that no version names. `integer` and `number` count as
 * different, although TypeScript's are one: who computes with whole numbers may stumble over others. What cannot be shown
 * to be harmless is not.
 *
 * @param older As `newer`, of those that `parseSchema` lets pass.
 */
export function findBreakingChanges(older: JsonObject, newer: JsonObject): BreakingChange[] {
  const comparison = new Comparison(older, newer)
  comparison.compare({ older, newer, path: '' })
  return comparison.changes
}

/** Two schemas that stand in the same place. */
export interface Pair {
  older: unknown
  newer: unknown
  /** As in a `BreakingChange`. */
  path: string
}

/** Enough for any schema that people write; references within references can make one of 64 kB take for ever. */
const MAX_STEPS = 20_000
const MAX_CHANGES = 100

export class Comparison {
  readonly #older: JsonObject
  readonly #newer: JsonObject
  #changes: BreakingChange[] = []
  /** Pairs under comparison: where a reference leads back to one, it breaks nothing that is not found there. */
  readonly #open = new Pairs()
  /** Pairs that break nothing, whatever is found in those under comparison. */
  readonly #harmless = new Pairs()
  #usesOfOpen = 0
  /** Those that were forgotten or repeated, too. */
  #found = 0
  #steps = 0

  constructor(older: JsonObject, newer: JsonObject) {
    this.#older = older
    this.#newer = newer
  }

  get changes(): BreakingChange[] {
    return this.#changes
  }

  add(path: string, what: string): void {
    this.#found++
    const isKnown = this.#changes.some((change) => change.path === path && change.what === what)
    if (!isKnown && this.#changes.length < MAX_CHANGES) this.#changes.push({ path, what })
  }

  /** Whether these break nothing; what they break is forgotten. */
  isCompatible(pair: Pair): boolean {
    const before = this.#changes
    this.#changes = []
    this.compare(pair)
    const isCompatible = this.#changes.length === 0
    this.#changes = before
    return isCompatible
  }

  compare(pair: Pair): void {
    if (++this.#steps > MAX_STEPS) {
      this.add('', 'is too intricate to be compared')
      return
    }
    const older = dereference(this.#older, pair.older, pair.path)
    const newer = dereference(this.#newer, pair.newer, pair.path)
    const path = newer.path
    if (older.schema === false || newer.schema === false) {
      if (older.schema !== newer.schema) this.add(path, 'admits nothing in one of the versions')
      return
    }
    const [from, to] = [older.schema, newer.schema].map((schema) => (isJsonObject(schema) ? schema : {})) as [
      JsonObject,
      JsonObject,
    ]
    if (this.#harmless.has(older.schema, newer.schema)) return
    if (this.#open.has(older.schema, newer.schema)) {
      this.#usesOfOpen++
      return
    }
    const [usesBefore, foundBefore] = [this.#usesOfOpen, this.#found]
    this.#open.add(older.schema, newer.schema)
    this.#compareKeywords(from, to, path)
    this.#open.delete(older.schema, newer.schema)
    if (this.#usesOfOpen === usesBefore && this.#found === foundBefore) {
      this.#harmless.add(older.schema, newer.schema)
    }
  }

  #compareKeywords(older: JsonObject, newer: JsonObject, path: string): void {
    const values = compareValues(this, older, newer, path)
    if (!values) compareTypes(this, older, newer, path)
    compareProperties(this, older, newer, path)
    for (const keyword of ['anyOf', 'oneOf'] as const) {
      if (this.#isInBoth(older, newer, keyword, path)) {
        matchMembers(this, listOf(older[keyword]), listOf(newer[keyword]), pointerTo(path, keyword))
      }
    }
    for (const keyword of ['allOf', 'prefixItems'] as const) {
      if (this.#isInBoth(older, newer, keyword, path)) this.#compareLists(older, newer, keyword, path)
    }
    for (const keyword of [...schemaKeywords, '$ref'] as const) {
      if (keyword === 'additionalProperties') continue
      if (this.#isInBoth(older, newer, keyword, path)) {
        // A reference beside other keywords: it is followed by itself.
        const [from, to] =
          keyword === '$ref' ? [{ $ref: older.$ref }, { $ref: newer.$ref }] : [older[keyword], newer[keyword]]
        this.compare({ older: from, newer: to, path: pointerTo(path, keyword) })
      }
    }
    for (const keyword of ['patternProperties', 'dependentSchemas'] as const) {
      if (this.#isInBoth(older, newer, keyword, path)) this.#compareMaps(older, newer, keyword, path)
    }
    // How many of a tuple's items are there for sure.
    const counted = 'prefixItems' in older ? ['minItems'] : []
    for (const keyword of ['dependentRequired', ...counted]) {
      if (!isSameJson(older[keyword], newer[keyword])) this.add(pointerTo(path, keyword), unclear)
    }
    for (const keyword of new Set([...Object.keys(older), ...Object.keys(newer)])) {
      if (!understood.has(keyword) && !isSameJson(older[keyword], newer[keyword]))
        this.add(pointerTo(path, keyword), unclear)
    }
  }

  /** False, too, where a keyword is in one of them alone: that is a change by itself. */
  #isInBoth(older: JsonObject, newer: JsonObject, keyword: string, path: string): boolean {
    if (Object.hasOwn(older, keyword) && Object.hasOwn(newer, keyword)) return true
    if (Object.hasOwn(older, keyword)) this.add(pointerTo(path, keyword), 'was removed')
    if (Object.hasOwn(newer, keyword)) this.add(pointerTo(path, keyword), 'was added')
    return false
  }

  #compareLists(older: JsonObject, newer: JsonObject, keyword: string, path: string): void {
    const [from, to] = [listOf(older[keyword]), listOf(newer[keyword])]
    const at = pointerTo(path, keyword)
    if (from.length !== to.length) {
      this.add(at, `had ${from.length} entries, and now has ${to.length}`)
      return
    }
    for (const [index, each] of from.entries())
      this.compare({ older: each, newer: to[index], path: pointerTo(at, index) })
  }

  #compareMaps(older: JsonObject, newer: JsonObject, keyword: string, path: string): void {
    const [from, to] = [older[keyword], newer[keyword]].map((map) => (isJsonObject(map) ? map : {})) as [
      JsonObject,
      JsonObject,
    ]
    const at = pointerTo(path, keyword)
    for (const name of new Set([...Object.keys(from), ...Object.keys(to)])) {
      if (this.#isInBoth(from, to, name, at))
        this.compare({ older: from[name], newer: to[name], path: pointerTo(at, name) })
    }
  }
}

class Pairs {
  readonly #partners = new Map<unknown, Set<unknown>>()

  has(older: unknown, newer: unknown): boolean {
    return this.#partners.get(older)?.has(newer) ?? false
  }

  add(older: unknown, newer: unknown): void {
    const partners = this.#partners.get(older) ?? new Set()
    this.#partners.set(older, partners.add(newer))
  }

  delete(older: unknown, newer: unknown): void {
    this.#partners.get(older)?.delete(newer)
  }
}

const unclear = 'was changed, and it cannot be shown that no reader depends on it'

const annotationNames: ReadonlySet<string> = new Set(annotations)

/** Keywords that are compared by meaning, or mean nothing to a reader; others are compared by their text. */
const understood: ReadonlySet<string> = new Set([
  ...annotations,
  ...constraints,
  ...schemaKeywords,
  'type',
  'enum',
  'const',
  'properties',
  'required',
  'patternProperties',
  'dependentSchemas',
  'dependentRequired',
  'minItems',
  'prefixItems',
  'allOf',
  'anyOf',
  'oneOf',
  '$ref',
])

/** What a schema stands for: where it is a reference and no more, what that leads to. */
function dereference(document: JsonObject, schema: unknown, path: string): { schema: unknown; path: string } {
  let place = { schema, path }
  for (;;) {
    const { schema } = place
    if (!isJsonObject(schema) || typeof schema.$ref !== 'string') return place
    if (!Object.keys(schema).every((keyword) => keyword === '$ref' || annotationNames.has(keyword)))
      return place
    const pointer = schema.$ref.slice(1)
    place = { schema: resolvePointer(document, pointer), path: pointer }
  }
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : []
}
