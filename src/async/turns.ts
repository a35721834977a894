import { withDeadline } from './deadline.ts'

/** Runs work one piece after another: a `pg` client takes its next query only after the last one is answered. */
export class Turns {
  #last: Promise<unknown> = Promise.resolve()

  /** @throws DeadlineError when the work, once begun, takes longer; later work is begun all the same. */
  run<Result>(work: () => Promise<Result>, deadlineMs: number): Promise<Result> {
    const result = this.#last.then(() => withDeadline(work(), deadlineMs, 'answer'))
    this.#last = result.catch(() => {})
    return result
  }

  /** Resolves when the work that was asked for is over, well or not. */
  async idle(): Promise<void> {
    await this.#last
  }
}
