import type { Comparison } from './comparison.ts'
import { pointerTo } from './json.ts'

/** Compares the members of a union, whatever their order: each must have its like in the other version. */
export function matchMembers(
  comparison: Comparison,
  older: readonly unknown[],
  newer: readonly unknown[],
  path: string,
): void {
  const free = new Set(newer.keys())
  const unmatched: number[] = []
  for (const [index, member] of older.entries()) {
    // Most members stand where they stood.
    const places = [index, ...free].filter((place) => free.has(place))
    const match = places.find((place) =>
      comparison.isCompatible({ older: member, newer: newer[place], path: pointerTo(path, place) }),
    )
    if (match === undefined) unmatched.push(index)
    else free.delete(match)
  }
  for (const index of unmatched) {
    const at = pointerTo(path, index)
    // What was changed within a member says more than that it has no like.
    if (free.delete(index)) comparison.compare({ older: older[index], newer: newer[index], path: at })
    else comparison.add(at, 'was a member of this union, and has none like it')
  }
  for (const place of free) comparison.add(pointerTo(path, place), 'is a new member of this union')
}
