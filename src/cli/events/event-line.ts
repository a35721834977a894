import { printable } from '../table.ts'

/** An event of a log, as `tail` and `events` show it. */
export interface LoggedEvent {
  eventId: string
  time: string
  type: string | null
  data: string | null
}

export function lineOf({ eventId, time, type, data }: LoggedEvent): string {
  return [time, eventId, type, data].map((part) => printable(part)).join('  ')
}
