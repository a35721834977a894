import { createHash } from 'node:crypto'

/** The generated file uses these names itself. */
const reserved = ['EventTypes', 'KnownEventTypes', 'TypedEvent']

/**
 * Gives each thing an identifier of its own. Where two would have the same, both get a suffix that follows from what
 * they are: so no thing takes the name that another had, when things come or go.
 */
export class Names {
  readonly #wanted = new Map<string, string>()
  #takers: Map<string, number> | undefined

  /**
   * Notes the name that a thing would like; called for all things before the first `of`. The texts identify the
   * thing.
   */
  want(thing: readonly string[], name: string): void {
    this.#wanted.set(JSON.stringify(thing), name)
    this.#takers = undefined
  }

  of(thing: readonly string[]): string {
    const key = JSON.stringify(thing)
    const name = this.#wanted.get(key)
    if (name === undefined) throw new TypeError(`No name was wanted for ${key}`)
    this.#takers ??= this.#countTakers()
    return this.#takers.get(name) === 1 ? name : `${name}_${digest(key)}`
  }

  #countTakers(): Map<string, number> {
    const takers = new Map<string, number>()
    for (const name of [...reserved, ...this.#wanted.values()]) takers.set(name, (takers.get(name) ?? 0) + 1)
    return takers
  }
}

/** Gives 48 bits. A name that ends in `_` and these never collides with one of `pascalCase`, which keeps no `_`. */
function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 12)
}

/** Makes `OrderItemsShipped2` of `['order-items', 'shipped 2']`; letters of all scripts stay. It is never a keyword. */
export function pascalCase(texts: readonly string[]): string {
  const words = texts.flatMap((text) => text.normalize('NFC').match(/(?:(?!\p{Pc})\p{ID_Continue})+/gu) ?? [])
  const name = words.map((word) => word.replace(/^./u, (first) => first.toUpperCase())).join('')
  return /^\p{ID_Start}/u.test(name) ? name : `T${name}`
}
