import { constants } from 'node:os'
import type { Logger } from 'pino'

/**
 * Returns a signal aborted by the first SIGINT, SIGTERM or SIGHUP, which asks for an orderly end. The second ends the
 * process at once, with the exit code that a shell gives such a death: 130 for SIGINT, 143 for SIGTERM.
 *
 * @param onHangup Is called for SIGHUP instead. Default: SIGHUP, which comes when the terminal is closed, is as the others.
 */
export function shutdownSignal(logger: Logger, onHangup?: () => void): AbortSignal {
  const shutdown = new AbortController()
  if (onHangup) process.on('SIGHUP', onHangup)
  const signals = ['SIGINT', 'SIGTERM', ...(onHangup ? [] : (['SIGHUP'] as const))] as const
  for (const signal of signals) {
    process.on(signal, () => {
      if (shutdown.signal.aborted) {
        logger.warn(`${signal} again: ending at once`)
        process.exit(128 + constants.signals[signal])
      }
      logger.info(`${signal}: finishing what is under way; once more ends at once`)
      shutdown.abort()
    })
  }
  return shutdown.signal
}

/** Resolves when the signal is aborted, at once if it is. */
export function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { once: true })
  })
}
