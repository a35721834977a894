import { withDeadline } from './deadline.ts'

/** Runs pieces of work one after another, since a `pg` client takes its next query when the last one is answered. */
export class Turns {
  #last: Promise<unknown> = Promise.resolve()

  /** Runs work after earlier work. @throws DeadlineError when it takes longer once begun; later work goes on. */
  run<Result>(work: () => Promise<Result>, deadlineMs: number): Promise<Result> {
    const result = this.#last.then(() => withDeadline(work(), deadlineMs, 'answer'))
    this.#last = result.catch(() => {})
    return result
  }

  /** Resolves when the work requested so far is over, whether it succeeded or not. */
  async idle(): Promise<void> {
    await this.#last
  }
}
