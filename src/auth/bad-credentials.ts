/** Thrown for credentials that are refused. The log says why; the client does not learn it. */
export class BadCredentials extends Error {
  override readonly name = 'BadCredentials'
  /** What else the log says; nothing that is secret. */
  readonly details: Readonly<Record<string, unknown>>

  /** @param reason One of few texts, so that equal ones can be logged together. */
  constructor(reason: string, details: Readonly<Record<string, unknown>> = {}) {
    super(reason)
    this.details = details
  }
}

/** Shortens a text that a stranger has written, for the log. */
export function shown(text: unknown): string {
  return JSON.stringify(text)?.slice(0, MAX_SHOWN) ?? ''
}

const MAX_SHOWN = 100
