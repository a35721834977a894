import type { Comparison, Pair } from './comparison.ts'
import { isJsonObject, isSameJson, type JsonObject, pointerTo, resolvePointer } from './json.ts'
import { annotations, constraints, schemaKeywords } from './keywords.ts'
import { compareProperties } from './property-changes.ts'
import { matchMembers } from './union-changes.ts'
import { compareTypes, compareValues } from './value-changes.ts'

/** Names a change that a reader of the other version could stumble over. */
export interface BreakingChange {
  /** Points into the newer schema, or into the older one for what is gone; a JSON pointer. */
  path: string
  /** Tells of the change, in words that follow the path. */
  what: string
}

/**
 * Finds what a new version of a schema breaks: for readers with the types of the older one, who are given new events, and
 * for readers with the types of the newer one, who are given events still in the log. Neither may stumble, so the types
 * must be the same, but for properties that a reader may do without.
 *
 * Readers are programs in TypeScript. What no type says may change: lengths, ranges, patterns, formats, and all texts for
 * people. Optional properties may come and go, since a program that does not name a property does not read it, and an
 * object may be opened or closed to properties without a name. An event is taken not to hold properties that no version
 * names. `integer` and `number` count as different, although TypeScript has one type for both: a program that computes
 * with whole numbers may stumble over others. What cannot be shown to be harmless counts as breaking.
 *
 * @param older A schema that `parseSchema` lets pass, as `newer` is.
 */
export function findBreakingChanges(older: JsonObject, newer: JsonObject): BreakingChange[] {
  const comparison = new SchemaComparison(older, newer)
  comparison.compare({ older, newer, path: '' })
  return comparison.changes
}

/** Limits the pairs compared. No schema that people write needs as many, but references within references may. */
const MAX_STEPS = 20_000
const MAX_CHANGES = 100

class SchemaComparison implements Comparison {
  readonly #older: JsonObject
  readonly #newer: JsonObject
  #changes: BreakingChange[] = []
  /** Holds the pairs under comparison. A reference back to one breaks nothing that is not found there. */
  readonly #open = new Pairs()
  /** Holds the pairs that break nothing, whatever is found in those under comparison. */
  readonly #harmless = new Pairs()
  #usesOfOpen = 0
  /** Counts all changes found, also those forgotten or repeated. */
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
        // A reference beside other keywords is followed by itself.
        const [from, to] =
          keyword === '$ref' ? [{ $ref: older.$ref }, { $ref: newer.$ref }] : [older[keyword], newer[keyword]]
        this.compare({ older: from, newer: to, path: pointerTo(path, keyword) })
      }
    }
    for (const keyword of ['patternProperties', 'dependentSchemas'] as const) {
      if (this.#isInBoth(older, newer, keyword, path)) this.#compareMaps(older, newer, keyword, path)
    }
    // `minItems` says how many of a tuple's items are there for sure.
    const counted = 'prefixItems' in older ? ['minItems'] : []
    for (const keyword of ['dependentRequired', ...counted]) {
      if (!isSameJson(older[keyword], newer[keyword])) this.add(pointerTo(path, keyword), unclear)
    }
    for (const keyword of new Set([...Object.keys(older), ...Object.keys(newer)])) {
      if (!understood.has(keyword) && !isSameJson(older[keyword], newer[keyword]))
        this.add(pointerTo(path, keyword), unclear)
    }
  }

  /** Tells whether both have a keyword. One that only one of them has is a change by itself. */
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

/** Lists the keywords that are compared by meaning, or mean nothing to a reader; others are compared by their text. */
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

/** Follows a schema that is a reference and no more to what it stands for. */
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
