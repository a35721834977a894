import { LRUCache } from 'lru-cache'
import type { Int8 } from '../int8.ts'
import type { Memory } from '../memory/memory.ts'
import type { Database } from '../postgres/database.ts'
import { HeldBatches } from './batches/held-batches.ts'
import { EventTypeCache } from './event-types/type-cache.ts'
import { EventSizes } from './events/event-page.ts'
import { EventPlaces } from './events/event-places.ts'
import { PrefetchBudget } from './events/prefetch.ts'

/** Number of batches whose consumers are remembered, the last that were opened. */
const MAX_BATCHES = 10_000

/** Holds what this process knows of a database, for all callers. */
export class DatabaseState {
  readonly types: EventTypeCache
  readonly places: EventPlaces
  readonly sizes = new EventSizes()
  readonly held = new HeldBatches()
  readonly prefetches = new PrefetchBudget()
  readonly memory: Memory
  /** Who opened batches here: what settles a batch takes its turn among its queue's, and needs a grant for its consumer. */
  readonly holders = new LRUCache<Int8, { queue: string; consumer: string }>({ max: MAX_BATCHES })
  /** Called with each queue to which this process has committed events. */
  readonly onPublished: (queue: string) => void

  constructor(database: Database, memory: Memory, onPublished: (queue: string) => void) {
    this.memory = memory
    this.types = new EventTypeCache(database)
    this.places = new EventPlaces(database)
    this.onPublished = onPublished
  }
}
