import type { EventType } from './event-type.ts'
import { compare } from './event-type.ts'
import { stableJson } from './json.ts'

/** Makes a line for each event type that is not the same on the server, by queue and type. */
export function differences(snapshot: readonly EventType[], server: readonly EventType[]): string[] {
  const keyOf = ({ queue, type }: EventType) => JSON.stringify([queue, type])
  const here = new Map(snapshot.map((eventType) => [keyOf(eventType), eventType]))
  const there = new Map(server.map((eventType) => [keyOf(eventType), eventType]))
  const keys = [...new Set([...here.keys(), ...there.keys()])].sort(compare)
  return keys.flatMap((key) => {
    const [known, current] = [here.get(key), there.get(key)]
    const { queue, type } = known ?? current ?? { queue: '', type: '' }
    const difference = known && current ? change(known, current) : presence(known, current)
    return difference === undefined
      ? []
      : [`${JSON.stringify(queue)}, ${JSON.stringify(type)}: ${difference}`]
  })
}

function presence(known: EventType | undefined, current: EventType | undefined): string | undefined {
  if (known) return `version ${known.version} in the snapshot, not on the server`
  return current && `version ${current.version} on the server, not in the snapshot`
}

function change(known: EventType, current: EventType): string | undefined {
  if (known.version !== current.version) {
    return `version ${known.version} in the snapshot, ${current.version} on the server`
  }
  // The snapshot is of another server, or the type was registered anew after a removal.
  const isSame = stableJson(known.schema) === stableJson(current.schema)
  return isSame ? undefined : `version ${known.version} on both sides, with different schemas`
}
