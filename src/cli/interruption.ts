import { constants } from 'node:os'

/** Returns a signal that Ctrl-C and its like abort, so that a command can end in order. Once more ends the process at once. */
export function interruption(): AbortSignal {
  const controller = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
    process.once(signal, () => {
      process.exitCode = 128 + constants.signals[signal]
      controller.abort()
    })
  return controller.signal
}
