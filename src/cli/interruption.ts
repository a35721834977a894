/** Returns a signal that Ctrl-C aborts, so that a command can end in order. Once more ends the process at once. */
export function interruption(): AbortSignal {
  const controller = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.once(signal, () => {
      process.exitCode = signal === 'SIGINT' ? 130 : 143
      controller.abort()
    })
  return controller.signal
}
