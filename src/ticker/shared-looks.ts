/**
 * Number of looks per second that all databases of a process make together, where there is traffic or somebody waits. They
 * take about a third of a core here and half of one at the server.
 */
const LOOKS_PER_SECOND = 2_000

/** Divides looks for events among the databases that are looked at often. */
export class SharedLooks {
  readonly #awake = new Set<object>()

  /** Counts who looks often from now on, or no more. @returns The shortest time between looks of each (milliseconds). */
  spacingMs(looker: object, isAwake: boolean): number {
    if (isAwake) this.#awake.add(looker)
    else this.#awake.delete(looker)
    return (1_000 * this.#awake.size) / LOOKS_PER_SECOND
  }
}

/** Looks of this process. */
export const sharedLooks = new SharedLooks()
