/** Reports that an awaited promise did not settle in time. */
export class DeadlineError extends Error {
  override readonly name = 'DeadlineError'
}

/**
 * Waits for a promise, for a limited time. The promise itself continues; its later rejection is ignored.
 *
 * @param what Words that complete the message "no … within n ms".
 * @throws DeadlineError when the time is over.
 */
export async function withDeadline<T>(promise: Promise<T>, deadlineMs: number, what: string): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      // After a blocked event loop the timer fires before an answer that has already arrived: let the answer win.
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
