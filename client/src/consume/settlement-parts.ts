import type { PgqClientError } from '../errors.ts'
import type { FinishBatchInput } from '../generated/operations.ts'
import { jsonText } from '../transport/json-text.ts'
import { byteLength } from './settlement-size.ts'

export type Outcome = Pick<FinishBatchInput, 'retries' | 'failures' | 'publish'>

const lists = ['publish', 'failures', 'retries'] as const
type List = (typeof lists)[number]

/** A part of a settlement that fits one request. */
export interface SettlementPart {
  /** All of its entries, as JSON: equal texts are equal parts. */
  text: string
  bytes: number
  count: number
  /** The index in the whole settlement of the first entry that each list has here. */
  readonly first: Readonly<Record<List, number>>
  readonly lists: { [list in List]: NonNullable<Outcome[list]> }
}

/** Tells at less cost than `divide` that a settlement need not be divided. @throws PgqClientError as that. */
export function fits(outcome: Outcome, maxBytes: number, maxEntries: number): boolean {
  const isShort = lists.every((list) => (outcome[list]?.length ?? 0) <= maxEntries)
  return isShort && byteLength(jsonText(outcome, 'input')) <= maxBytes
}

/**
 * Divides a settlement, in its order, into parts that keep to these limits. An entry that is too large by itself is a
 * part of its own.
 *
 * @throws PgqClientError `BAD_INPUT` for an entry that has no JSON.
 */
export function divide(outcome: Outcome, maxBytes: number, maxEntries: number): SettlementPart[] {
  const parts: SettlementPart[] = []
  const counts = { publish: 0, failures: 0, retries: 0 }
  let part: SettlementPart | undefined
  for (const list of lists) {
    for (const entry of outcome[list] ?? []) {
      const text = jsonText(entry, list)
      const bytes = byteLength(text) + 1
      if (!part || part.bytes + bytes > maxBytes || part.lists[list].length >= maxEntries) {
        part = {
          text: '',
          bytes: 0,
          count: 0,
          first: { ...counts },
          lists: { publish: [], failures: [], retries: [] },
        }
        parts.push(part)
      }
      part.text += list + text
      part.bytes += bytes
      part.count++
      const taken: object[] = part.lists[list]
      taken.push(entry)
      counts[list]++
    }
  }
  return parts
}

/** Finds the list of which the server took no more entries, where that is what it said. */
export function listAtLimit(error: PgqClientError): List | undefined {
  return lists.find((list) => error.field?.endsWith(list))
}

/** Replaces the paths of entries in a part by those in the whole settlement. */
export function wholePaths(text: string, { first }: SettlementPart): string {
  return text.replace(/\b(publish|failures|retries)\[(\d+)\]/g, (_, list: List, index: string) => {
    return `${list}[${first[list] + Number(index)}]`
  })
}
