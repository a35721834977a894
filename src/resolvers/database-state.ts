import type { Database } from '../postgres/database.ts'
import { HeldBatches } from './batches/held-batches.ts'
import { EventTypeCache } from './event-types/type-cache.ts'
import { EventPlaces } from './events/event-places.ts'
import { PrefetchBudget } from './events/prefetch.ts'

/** What this process knows of a database, whoever asks. */
export class DatabaseState {
  readonly types: EventTypeCache
  readonly places: EventPlaces
  readonly held = new HeldBatches()
  readonly prefetches = new PrefetchBudget()
  /** Told of each queue that events were committed to through this process. */
  readonly onPublished: (queue: string) => void

  constructor(database: Database, onPublished: (queue: string) => void) {
    this.types = new EventTypeCache(database)
    this.places = new EventPlaces(database)
    this.onPublished = onPublished
  }
}
