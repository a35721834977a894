import { readFileSync, statSync } from 'node:fs'

/** Time between looks at a file (milliseconds). A look also works where the system reports no changes, as on NFS. */
const LOOK_MS = 1_000

/** What a file is read for. */
export interface FileUse<Value> {
  /** Makes the value of a content; what it throws leaves the value as it was. */
  parse(content: Buffer): Value
  /** Called with each new value, and with that of a file that was away and came back. */
  onChange?(value: Value): void
  /**
   * Called with what `parse` and `onChange` throw, once for a content, and when the file cannot be read, once until it can
   * be or the reason is another.
   */
  onFailure(error: unknown): void
}

/** Holds the value of a file, and looks every second whether its content is another. */
export class WatchedFile<Value> {
  readonly path: string
  readonly #use: FileUse<Value>
  #value: Value
  #content: Buffer
  #mark: string
  /** Why the file could not be read; null where it could be. */
  #failure: string | null = null
  readonly #timer: NodeJS.Timeout

  /** @throws Error of the file system where it cannot be read; what `parse` throws. */
  constructor(path: string, use: FileUse<Value>) {
    this.path = path
    this.#use = use
    this.#mark = markOf(path)
    this.#content = readFileSync(path)
    this.#value = use.parse(this.#content)
    this.#timer = setInterval(() => this.look(), LOOK_MS)
    this.#timer.unref()
  }

  get value(): Value {
    return this.#value
  }

  close(): void {
    clearInterval(this.#timer)
  }

  /** Looks now, without waiting for the next second. */
  look(): void {
    const content = this.#changed()
    if (!content) return
    try {
      this.#value = this.#use.parse(content)
      this.#use.onChange?.(this.#value)
    } catch (error) {
      this.#use.onFailure(error)
    }
  }

  /** Reads the file where it may be another. @returns Null for the content that is known, and where it cannot be read. */
  #changed(): Buffer | null {
    const wasAway = this.#failure !== null
    try {
      const mark = markOf(this.path)
      const content = mark === this.#mark && !wasAway ? this.#content : readFileSync(this.path)
      this.#failure = null
      this.#mark = mark
      if (content.equals(this.#content) && !wasAway) return null
      this.#content = content
      return content
    } catch (error) {
      const failure = String(error)
      if (failure !== this.#failure) this.#use.onFailure(error)
      this.#failure = failure
      return null
    }
  }
}

/** Makes a text that differs when the file was written or replaced. */
function markOf(path: string): string {
  const { mtimeNs, ctimeNs, ino, size } = statSync(path, { bigint: true })
  return [mtimeNs, ctimeNs, ino, size].join(' ')
}
