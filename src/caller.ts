/** The sender of a request. One is made per request or socket, and passed down to the resolver. */
export interface Caller {
  /** Name of the caller in logs and instrumentation. */
  readonly name: string
  /**
   * Key of what the caller may see, equal for callers whose answers never differ. Work is shared among callers of
   * equal `sight`, never with others.
   */
  readonly sight: string
}

/** The caller where no credentials are required: it may see and do everything. */
export const anybody: Caller = Object.freeze({ name: 'anybody', sight: 'everything' })
