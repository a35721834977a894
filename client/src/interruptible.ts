import { linkedController } from './abort.ts'

/**
 * Wraps a generator so that `return()` works while a `next()` waits; a bare generator would first wait for the value.
 */
export function interruptible<Value>(
  signal: AbortSignal | undefined,
  generate: (signal: AbortSignal) => AsyncGenerator<Value, void>,
): AsyncIterableIterator<Value, void> {
  const control = linkedController(signal)
  const generator = generate(control.signal)
  return {
    async next() {
      try {
        const result = await generator.next()
        if (result.done) control.unlink()
        return result
      } catch (error) {
        control.unlink()
        throw error
      }
    },
    async return() {
      control.abort()
      control.unlink()
      return generator.return()
    },
    [Symbol.asyncIterator]() {
      return this
    },
  }
}
