/** A registered type of events, as the server has it. */
export interface EventType {
  queue: string
  type: string
  version: number
  /** JSON Schema: an object, or true or false. */
  schema: unknown
}

/** Sorts by queue, then type, in the order of UTF-16 units, which is the same on every machine. */
export function sortEventTypes(eventTypes: readonly EventType[]): EventType[] {
  return [...eventTypes].sort((a, b) => compare(a.queue, b.queue) || compare(a.type, b.type))
}

export function groupByQueue(eventTypes: readonly EventType[]): Map<string, EventType[]> {
  const queues = new Map<string, EventType[]>()
  for (const eventType of sortEventTypes(eventTypes)) {
    const types = queues.get(eventType.queue)
    if (types) types.push(eventType)
    else queues.set(eventType.queue, [eventType])
  }
  return queues
}

export function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
