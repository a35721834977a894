/** Time between two lines of progress (milliseconds). */
const PROGRESS_MS = 1_000

export type Progress = (describe: () => string) => void

/** Makes what tells people on stderr how far a command is, at most once a second; where it is no terminal, nothing is told. */
export function progressOnTerminal(): Progress {
  if (!process.stderr.isTTY) return () => {}
  let toldMs = performance.now()
  return (describe) => {
    if (performance.now() - toldMs < PROGRESS_MS) return
    console.error(describe())
    toldMs = performance.now()
  }
}
