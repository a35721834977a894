import type { EventColumns } from '../../resolvers/events/event-columns.ts'
import type { MoveHead, MoveOutcome } from '../../resolvers/movers/moves.ts'

/** A batch of a source, or a part of it, as it was read. */
export interface SourceMove extends MoveHead {
  place: { database: string; queue: string }
  events: EventColumns
}

/** Where a mover brings events to. */
export interface Target {
  /**
   * Brings a move there, and records that in the mover's database. A source has one move under way at a time.
   *
   * @throws PgqError with the reason; then the same move is tried again.
   */
  write(move: SourceMove): Promise<MoveOutcome>
  /** What is wrong with it; null where nothing is, or its database tells. */
  readonly reason: string | null
  close(): Promise<void>
}
