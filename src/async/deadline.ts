/** What was waited for did not come in time. */
export class DeadlineError extends Error {
  override readonly name = 'DeadlineError'
}

/**
 * The promise's value, or a `DeadlineError`. The promise itself goes on; a later rejection of it is ignored.
 *
 * @param what Completes the sentence "no … within n ms".
 */
export async function withDeadline<T>(promise: Promise<T>, deadlineMs: number, what: string): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      // After a blocked event loop the timer comes first and the answer, already received, second: let it win.
      setImmediate(() => reject(new DeadlineError(`no ${what} within ${deadlineMs} ms`)))
    }, deadlineMs)
  })
  promise.catch(() => {})
  try {
    return await Promise.race([promise, late])
  } finally {
    clearTimeout(timer)
  }
}
