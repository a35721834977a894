import { hasCode, isTooFast, PgqClientError } from '../errors.ts'
import { FinishBatchDocument, StageSettlementDocument } from '../generated/operations.ts'
import type { Transport } from '../transport/transport.ts'
import {
  divide,
  fits,
  listAtLimit,
  type Outcome,
  type SettlementPart,
  wholePaths,
} from './settlement-parts.ts'
import { USUAL_MAX_BYTES, USUAL_MAX_ENTRIES } from './settlement-size.ts'

/** A settlement in parts is given up when the server has taken the parts and not settled them so often. */
const MAX_VAIN_FINISHES = 3

interface Place {
  transport: Transport
  database: string
  batchId: string
}

/**
 * Settles a batch by one request; or in parts, where it is too large for that: each is staged, then all are settled at
 * once. A part that was staged stays so while the lease and the part are the same, whatever has failed since.
 */
export class Settlement {
  readonly #place: Place
  #maxBytes = USUAL_MAX_BYTES
  #maxEntries = USUAL_MAX_ENTRIES
  /** The server is too old for parts. */
  #isWholeOnly = false
  #token: string | null = null
  #staged: { text: string; number: number; isThere: boolean }[] = []
  /** Another content gets another number: a request that was given up may arrive late. */
  #nextNumber = 0
  /** Numbers of parts that the server need not keep. */
  #replaced: number[] = []
  #vainFinishes = 0

  constructor({ transport, database, batchId }: Place) {
    this.#place = { transport, database, batchId }
  }

  /** @throws PgqClientError whose `field` is that of the whole settlement. */
  async settle(outcome: Outcome, leaseToken: string | null, signal: AbortSignal): Promise<void> {
    if (leaseToken !== this.#token) {
      this.#staged = []
      this.#replaced = []
    }
    this.#token = leaseToken
    const divided = () =>
      this.#isWholeOnly || leaseToken === null ? [] : divide(outcome, this.#maxBytes, this.#maxEntries)
    for (;;) {
      const parts = fits(outcome, this.#maxBytes, this.#maxEntries) ? [] : divided()
      if (parts.length < 2) {
        try {
          return await this.#finish(outcome, signal)
        } catch (error) {
          if (!this.#divideMore(divided()[0], error)) throw error
        }
      } else if ((await this.#stageAll(parts, signal)) && (await this.#finishStaged(signal))) return
    }
  }

  /** @returns False when the settlement must be divided in another way. */
  async #stageAll(parts: readonly SettlementPart[], signal: AbortSignal): Promise<boolean> {
    for (const { number } of this.#staged.splice(parts.length)) this.#replaced.push(number)
    for (const [index, part] of parts.entries()) {
      try {
        await this.#stage(index, part, signal)
      } catch (error) {
        if (!(error instanceof PgqClientError)) throw error
        if (this.#endsParts(error) || this.#divideMore(part, error)) return false
        throw inWhole(error, part)
      }
    }
    return true
  }

  async #stage(index: number, { text, lists }: SettlementPart, signal: AbortSignal): Promise<void> {
    let staged = this.#staged[index]
    if (staged?.text !== text) {
      if (staged) this.#replaced.push(staged.number)
      staged = { text, number: this.#nextNumber++, isThere: false }
      this.#staged[index] = staged
    }
    if (staged.isThere) return
    const { transport, ...place } = this.#place
    const numbers = { part: staged.number, replaces: this.#replaced }
    const input = { ...place, leaseToken: this.#token ?? '', ...numbers, ...lists }
    await transport.request(StageSettlementDocument, { input }, signal)
    staged.isThere = true
    this.#replaced = []
  }

  /** @returns False when all must be staged again: a crash of the database has taken them, or event types have changed. */
  async #finishStaged(signal: AbortSignal): Promise<boolean> {
    const stagedParts = this.#staged.map(({ number }) => number)
    try {
      await this.#finish({ stagedParts }, signal)
      // The texts are settled, and may be forgotten though somebody keeps the lease.
      this.#staged = []
      return true
    } catch (error) {
      const isGone = hasCode(error, 'NOT_FOUND')
      if (isGone) for (const staged of this.#staged) staged.isThere = false
      if ((isGone || hasCode(error, 'TIMEOUT')) && ++this.#vainFinishes >= MAX_VAIN_FINISHES) {
        const message = `The server has not settled ${stagedParts.length} parts (${error.message})`
        throw new PgqClientError('LIMIT_EXCEEDED', message, { field: 'part', cause: error })
      }
      if (!isGone && !this.#endsParts(error)) throw error
      return false
    }
  }

  /** `finished: false` is a batch that was settled before: by a call whose reply was lost. */
  async #finish(outcome: Outcome & { stagedParts?: number[] }, signal: AbortSignal): Promise<void> {
    const { transport, ...place } = this.#place
    const input = { ...place, leaseToken: this.#token, ...outcome }
    await transport.request(FinishBatchDocument, { input }, signal)
  }

  /**
   * An older server, which may stand beside newer ones, knows neither the mutation, which is no fault of a field, nor a
   * field of `input`, which is the one that it blames.
   */
  #endsParts(error: unknown): boolean {
    this.#isWholeOnly = hasCode(error, 'BAD_INPUT') && (error.field ?? 'input') === 'input'
    return this.#isWholeOnly
  }

  /** @returns False when smaller parts would not help. */
  #divideMore(part: SettlementPart | undefined, error: unknown): boolean {
    if (!part || part.count < 2 || isTooFast(error)) return false
    if (!hasCode(error, 'LIMIT_EXCEEDED') || error.field === 'part') return false
    const list = listAtLimit(error)
    if (list) this.#maxEntries = part.lists[list].length >> 1
    else this.#maxBytes = part.bytes >> 1
    return true
  }
}

/** Makes the error of a part one of the whole settlement. */
function inWhole(error: PgqClientError, part: SettlementPart): PgqClientError {
  const { code } = error
  // The part has a single entry, or smaller parts would have been tried.
  const isTooLarge =
    code === 'LIMIT_EXCEEDED' && !isTooFast(error) && !error.field && part.lists.publish.length > 0
  const field = isTooLarge ? 'publish[0]' : error.field
  if (!field) return error
  return new PgqClientError(code, wholePaths(error.message, part), {
    field: wholePaths(field, part),
    cause: error,
  })
}
