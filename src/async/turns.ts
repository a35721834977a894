import { DeadlineError, withDeadline } from './deadline.ts'

/**
 * Runs pieces of work one after another, since a `pg` client takes its next query when the last one is answered. Where an
 * answer is late, no further turn comes.
 */
export class Turns {
  #last: Promise<unknown> = Promise.resolve()
  #failure: DeadlineError | undefined

  /** Runs work after earlier work. @throws DeadlineError when it takes longer once begun, or earlier work did. */
  run<Result>(work: () => Promise<Result>, deadlineMs: number): Promise<Result> {
    const result = this.#last.then(() => {
      if (this.#failure) throw this.#failure
      return withDeadline(work(), deadlineMs, 'answer')
    })
    this.#last = result.catch((error: unknown) => {
      if (error instanceof DeadlineError) this.#failure = error
    })
    return result
  }

  /** Resolves when the work requested so far is over, whether it succeeded or not. */
  async idle(): Promise<void> {
    await this.#last
  }
}
