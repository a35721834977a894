import { PgqError } from '../errors.ts'
import type { Hold } from './hold.ts'
import type { Share } from './share.ts'

/** Longest wait of an answer for its turn (milliseconds): shorter than a statement may take. */
const WAIT_MS = 20_000

/** The turn of one answer in a share, taken when it turns out to be large, and held until its end. */
export class AnswerTurn {
  readonly #share: Share
  readonly #client: string
  readonly #bytes: number
  #hold: Promise<Hold | null> | undefined

  constructor(share: Share, client: string, bytes: number) {
    this.#share = share
    this.#client = client
    this.#bytes = bytes
  }

  /** Waits until this may go on; at once where it has its turn. @throws PgqError `UNAVAILABLE` after a long wait. */
  async begin(signal?: AbortSignal): Promise<void> {
    this.#hold ??= this.#share.take(this.#client, this.#bytes, WAIT_MS, signal)
    if (await this.#hold) return
    this.#hold = undefined
    throw new PgqError(
      'UNAVAILABLE',
      'Too many large answers are being made; ask again, or for smaller pages',
    )
  }

  /** Gives the turn back; `begin` takes another. */
  end(): void {
    void this.#hold?.then((hold) => hold?.release())
    this.#hold = undefined
  }
}
