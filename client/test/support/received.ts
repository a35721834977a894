import { withDeadline } from '../../../test/support/deadline.ts'

/** Keeps the values that arrive, and gives them one by one to a caller that waits. */
export class Received<Value> {
  readonly all: Value[] = []
  #taken = 0
  #wake = () => {}

  push(value: Value): void {
    this.all.push(value)
    this.#wake()
  }

  async next(what = 'the next value'): Promise<Value> {
    const take = async () => {
      while (this.all.length <= this.#taken) {
        await new Promise<void>((resolve) => {
          this.#wake = resolve
        })
      }
      return this.all[this.#taken++] as Value
    }
    return withDeadline(take(), what)
  }
}
