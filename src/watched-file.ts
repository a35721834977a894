import { readFileSync, statSync } from 'node:fs'

/** Time between looks at a file (milliseconds). A look also works where the system reports no changes, as on NFS. */
const LOOK_MS = 1_000

/** Holds the content of a file, and looks every second whether it is another. */
export class WatchedFile {
  readonly path: string
  #content: Buffer
  #mark: string
  #isAway = false
  readonly #timer: NodeJS.Timeout

  /**
   * Reads the file.
   *
   * @param onChange Called with a new content, and with that of a file that was away and came back. What it throws, and
   *   that the file cannot be read, goes to `onFailure`; the same content is not tried again.
   * @throws Error of the file system where it cannot be read.
   */
  constructor(path: string, onChange: (content: Buffer) => void, onFailure: (error: unknown) => void) {
    this.path = path
    this.#mark = markOf(path)
    this.#content = readFileSync(path)
    this.#timer = setInterval(() => this.#look(onChange, onFailure), LOOK_MS)
    this.#timer.unref()
  }

  get content(): Buffer {
    return this.#content
  }

  close(): void {
    clearInterval(this.#timer)
  }

  #look(onChange: (content: Buffer) => void, onFailure: (error: unknown) => void): void {
    try {
      const content = this.#changed()
      if (content) onChange(content)
    } catch (error) {
      onFailure(error)
    }
  }

  /** Reads the file where it may be another. @returns Null for the content that is known. */
  #changed(): Buffer | null {
    const wasAway = this.#isAway
    this.#isAway = true
    const mark = markOf(this.path)
    const content = mark === this.#mark && !wasAway ? this.#content : readFileSync(this.path)
    this.#isAway = false
    this.#mark = mark
    if (content.equals(this.#content) && !wasAway) return null
    this.#content = content
    return content
  }
}

/** Makes a text that differs when the file was written or replaced. */
function markOf(path: string): string {
  const { mtimeNs, ctimeNs, ino, size } = statSync(path, { bigint: true })
  return [mtimeNs, ctimeNs, ino, size].join(' ')
}
