import { emitKeypressEvents } from 'node:readline'
import type { ReadStream, WriteStream } from 'node:tty'
import type { Key } from './keys.ts'

const open = '\u001b[?1049h\u001b[?25l\u001b[?7l'
const close = '\u001b[?7h\u001b[?25h\u001b[?1049l'

/** The whole terminal, without echo and cursor, until it is disposed of, or the process ends in any way but SIGKILL. */
export class Screen implements Disposable {
  readonly #input: ReadStream
  readonly #output: WriteStream
  readonly #onKey: (text: string | undefined, key: Key) => void
  readonly #onResize: () => void
  readonly #restore = () => {
    this.#input.setRawMode(false)
    this.#output.write(close)
  }

  constructor(
    input: ReadStream,
    output: WriteStream,
    { onKey, onResize }: { onKey: (key: Key) => void; onResize: () => void },
  ) {
    this.#input = input
    this.#output = output
    this.#onKey = (_text, key) => onKey(key)
    this.#onResize = onResize
    output.write(open)
    input.setRawMode(true)
    emitKeypressEvents(input)
    input.on('keypress', this.#onKey)
    input.resume()
    output.on('resize', onResize)
    process.on('exit', this.#restore)
  }

  get size(): { columns: number; rows: number } {
    // Some terminals do not tell.
    return { columns: this.#output.columns || 80, rows: this.#output.rows || 24 }
  }

  draw(lines: readonly string[]): void {
    // Erased after it, a full line would lose its last character, on which the cursor stays.
    this.#output.write(`\u001b[H${lines.map((line) => `\u001b[K${line}`).join('\r\n')}`)
  }

  [Symbol.dispose](): void {
    process.off('exit', this.#restore)
    this.#output.off('resize', this.#onResize)
    this.#input.off('keypress', this.#onKey)
    this.#input.pause()
    this.#restore()
  }
}
