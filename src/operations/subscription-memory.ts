import { PgqError } from '../errors.ts'
import { type Giver, HeldPart, type Hold } from '../memory/hold.ts'
import type { Share } from '../memory/share.ts'
import type { Variables } from './coerce-variables.ts'
import type { KnownOperation } from './documents.ts'

/** Largest variables that a subscription keeps, as JSON (characters). */
const MAX_VARIABLES = 65_536
/** Longest document that a subscription keeps (characters). */
const MAX_DOCUMENT = 65_536

/** What a subscription takes in memory besides these (bytes). */
const STREAM_BYTES = 8_192
/** Size of values beside that of their text, and of a parsed document beside that of its own. */
const VARIABLES_FACTOR = 4
const DOCUMENT_FACTOR = 100

/** What one subscription keeps: something of its own, and a document that others may keep as well. */
interface Kept {
  readonly own: Hold
  readonly operation: KnownOperation
}

/** Bounds what open subscriptions keep: their variables, and their document once for all who sent the same. */
export class SubscriptionMemory implements Giver<Kept> {
  readonly #share: Share
  readonly #documents = new Map<KnownOperation, { hold: Hold; count: number }>()

  constructor(share: Share) {
    this.#share = share
  }

  /** Takes the memory of a subscription, until its end. @throws PgqError `LIMIT_EXCEEDED` where it is too much. */
  take(operation: KnownOperation, variables: Variables): Hold {
    const characters = lengthOf(variables)
    if (characters > MAX_VARIABLES)
      throw tooLarge(`The variables of a subscription hold at most ${MAX_VARIABLES} characters as JSON`)
    if (operation.length > MAX_DOCUMENT)
      throw tooLarge(`The document of a subscription has at most ${MAX_DOCUMENT} characters`)
    const own = this.#share.tryTake(STREAM_BYTES + VARIABLES_FACTOR * characters)
    if (!own || !this.#keepsDocument(operation)) {
      own?.release()
      throw tooLarge('The server keeps as many subscriptions as its memory allows; end some, or try later')
    }
    return new HeldPart(this, { own, operation })
  }

  takeBack({ own, operation }: Kept): void {
    own.release()
    const document = this.#documents.get(operation)
    if (!document || --document.count > 0) return
    document.hold.release()
    this.#documents.delete(operation)
  }

  /** @returns False where there is no room for the document. */
  #keepsDocument(operation: KnownOperation): boolean {
    let document = this.#documents.get(operation)
    if (!document) {
      const hold = this.#share.tryTake(DOCUMENT_FACTOR * operation.length)
      if (!hold) return false
      document = { hold, count: 0 }
      this.#documents.set(operation, document)
    }
    document.count++
    return true
  }
}

/** Measures variables; those that are nested too deeply to be written count as too large. */
function lengthOf(variables: Variables): number {
  try {
    return JSON.stringify(variables).length
  } catch (error) {
    if (error instanceof RangeError) return Number.POSITIVE_INFINITY
    throw error
  }
}

function tooLarge(message: string): PgqError {
  return new PgqError('LIMIT_EXCEEDED', message)
}
