/** Who asks. It is made once per request or socket, and handed down to the resolver. */
export interface Caller {
  /** Names the caller in logs and instrumentation. */
  readonly name: string
  /**
   * Tells what the caller may see from what others may: equal for callers whose answers never differ. Work is shared
   * among callers of one sight alone.
   */
  readonly sight: string
}

/** The caller where nobody is asked for credentials: it may see and do everything. */
export const anybody: Caller = Object.freeze({ name: 'anybody', sight: 'everything' })
