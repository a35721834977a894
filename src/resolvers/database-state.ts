import type { Memory } from '../memory/memory.ts'
import type { Database } from '../postgres/database.ts'
import { HeldBatches } from './batches/held-batches.ts'
import { EventTypeCache } from './event-types/type-cache.ts'
import { EventSizes } from './events/event-page.ts'
import { EventPlaces } from './events/event-places.ts'
import { PrefetchBudget } from './events/prefetch.ts'

/** Holds what this process knows of a database, for all callers. */
export class DatabaseState {
  readonly types: EventTypeCache
  readonly places: EventPlaces
  readonly sizes = new EventSizes()
  readonly held = new HeldBatches()
  readonly prefetches = new PrefetchBudget()
  readonly memory: Memory
  /** Called with each queue to which this process has committed events. */
  readonly onPublished: (queue: string) => void

  constructor(database: Database, memory: Memory, onPublished: (queue: string) => void) {
    this.memory = memory
    this.types = new EventTypeCache(database)
    this.places = new EventPlaces(database)
    this.onPublished = onPublished
  }
}
