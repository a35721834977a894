import type { Api } from '../api/api.ts'
import { aborted } from '../shutdown.ts'
import { type Figures, followFigures } from './figures.ts'
import { frameOf, pageRowsOf, type Scene } from './frame.ts'
import { type Key, press } from './keys.ts'
import { Screen } from './screen.ts'
import { firstView, listed } from './view.ts'

/** Time beyond the usual after which figures are said to be missing (milliseconds). */
const SILENCE_MS = 5_000
/** Time after which people are told that the first figures take long, as those of thousands of queues do (milliseconds). */
const PATIENCE_MS = 1_000

/** Reads the figures of one moment. */
export function figuresNow(api: Api, database: string): Promise<Figures> {
  const enough = new AbortController()
  return new Promise((resolve, reject) => {
    const onFigures = (figures: Figures) => {
      enough.abort()
      resolve(figures)
    }
    followFigures(api, database, { onFigures, onLoss() {} }, enough.signal).catch(reject)
  })
}

/** Shows the figures of a database on the terminal, as they change, until the user quits or the signal. */
export async function showTop(api: Api, database: string, interrupted: AbortSignal): Promise<void> {
  const quit = new AbortController()
  const end = AbortSignal.any([interrupted, quit.signal])
  let top: Top | undefined
  const patience = setTimeout(() => console.error('Waiting for the first figures …'), PATIENCE_MS)
  const onFigures = (figures: Figures) => {
    clearTimeout(patience)
    if (end.aborted) return
    top ??= new Top({ database, figures, view: firstView, loss: null }, () => quit.abort())
    top.show(figures)
  }
  const following = followFigures(api, database, { onFigures, onLoss: (reason) => top?.lose(reason) }, end)
  try {
    await Promise.race([following, aborted(end)])
  } finally {
    clearTimeout(patience)
    top?.[Symbol.dispose]()
  }
}

class Top implements Disposable {
  readonly #onQuit: () => void
  readonly #screen: Screen
  readonly #timer: NodeJS.Timeout
  #scene: Scene
  #latest: Figures
  /** Time between the last two figures (milliseconds). */
  #usualMs = 0

  constructor(scene: Scene, onQuit: () => void) {
    this.#scene = scene
    this.#latest = scene.figures
    this.#onQuit = onQuit
    this.#screen = new Screen(process.stdin, process.stdout, {
      onKey: (key) => this.#press(key),
      onResize: () => this.#change({}),
    })
    this.#timer = setInterval(() => this.#checkSilence(), 1_000)
  }

  show(figures: Figures): void {
    this.#usualMs = figures.at.getTime() - this.#latest.at.getTime()
    this.#latest = figures
    this.#change(this.#scene.view.isPaused ? { loss: null } : { figures, loss: null })
  }

  lose(reason: string): void {
    this.#change({ loss: reason })
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer)
    this.#screen[Symbol.dispose]()
  }

  /** A database that is away ends no stream: there are no samples, until it is back. */
  #checkSilence(): void {
    const ageMs = Date.now() - this.#latest.at.getTime()
    if (ageMs > this.#usualMs + SILENCE_MS) this.lose(`the newest are ${Math.floor(ageMs / 1_000)} s old`)
  }

  #press(key: Key): void {
    const { figures, view } = this.#scene
    const names = listed(figures, view).rows.map(({ name }) => name)
    const next = press(view, key, names, pageRowsOf(this.#screen.size))
    if (next.isOver) this.#onQuit()
    else this.#change({ view: next, figures: next.isPaused ? figures : this.#latest })
  }

  #change(changes: Partial<Scene>): void {
    this.#scene = { ...this.#scene, ...changes }
    this.#screen.draw(frameOf(this.#scene, this.#screen.size))
  }
}
