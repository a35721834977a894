import type { Comparison } from './comparison.ts'
import { isJsonObject, type JsonObject, pointerTo } from './json.ts'

/** Compares the named properties of two objects, and what the objects say of others. */
export function compareProperties(
  comparison: Comparison,
  older: JsonObject,
  newer: JsonObject,
  path: string,
): void {
  const [from, to] = [propertiesOf(older), propertiesOf(newer)]
  const [wasRequired, isRequired] = [requiredOf(older), requiredOf(newer)]
  const names = new Set([...Object.keys(from), ...Object.keys(to), ...wasRequired, ...isRequired])
  for (const name of names) {
    const at = pointerTo(pointerTo(path, 'properties'), name)
    const [was, is] = [Object.hasOwn(from, name), Object.hasOwn(to, name)]
    if (wasRequired.has(name) !== isRequired.has(name)) {
      comparison.add(at, requirementChange({ was, is, isRequired: isRequired.has(name) }))
    } else if (was !== is) {
      compareWithOthers(comparison, { older, newer, property: was ? from[name] : to[name], was, path: at })
    }
    if (was && is) comparison.compare({ older: from[name], newer: to[name], path: at })
  }
  compareOthers(comparison, older, newer, path)
}

function requirementChange({
  was,
  is,
  isRequired,
}: {
  was: boolean
  is: boolean
  isRequired: boolean
}): string {
  if (isRequired) return was ? 'was optional, and is required' : 'was added, and is required'
  return is ? 'was required, and is optional' : 'was required, and is removed'
}

/** Compares an optional property that came or went with the unnamed ones of the version that does not name it. */
function compareWithOthers(
  comparison: Comparison,
  {
    older,
    newer,
    property,
    was,
    path,
  }: { older: JsonObject; newer: JsonObject; property: unknown; was: boolean; path: string },
): void {
  const unnamed = was ? newer : older
  if (Object.hasOwn(unnamed, 'patternProperties')) {
    comparison.add(path, `was ${was ? 'removed' : 'added'}, and may match one of patternProperties`)
    return
  }
  const others = unnamed.additionalProperties
  // Nobody reads an unnamed property without a type.
  if (!isTyped(others)) return
  const pair = was ? { older: property, newer: others } : { older: others, newer: property }
  if (!comparison.isCompatible({ ...pair, path })) {
    comparison.add(path, `was ${was ? 'removed' : 'added'}, and is not what additionalProperties says`)
  }
}

/** Compares the properties without a name, which matter to readers where they have a type. */
function compareOthers(comparison: Comparison, older: JsonObject, newer: JsonObject, path: string): void {
  const [from, to] = [older.additionalProperties, newer.additionalProperties]
  // A closed object has none, whatever their type in the other version.
  if (from === false || to === false || (!isTyped(from) && !isTyped(to))) return
  comparison.compare({
    older: from ?? true,
    newer: to ?? true,
    path: pointerTo(path, 'additionalProperties'),
  })
}

function isTyped(others: unknown): boolean {
  return others !== undefined && typeof others !== 'boolean'
}

function propertiesOf({ properties }: JsonObject): JsonObject {
  return isJsonObject(properties) ? properties : {}
}

function requiredOf({ required }: JsonObject): ReadonlySet<string> {
  return new Set(Array.isArray(required) ? required.filter((name) => typeof name === 'string') : [])
}
