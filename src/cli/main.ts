#!/usr/bin/env node
import { ConfigError } from '../config/config-error.ts'

const FAILED = 1
const WRONG_USE = 2

// The driver would load libpq, on which the gateway does not run, or end the process where there is none.
delete process.env.NODE_PG_FORCE_NATIVE

// Who reads the output has had enough, such as `head`.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit()
  throw error
})

try {
  const { createProgram } = await import('./program.ts')
  const program = createProgram()
  if (process.argv.length <= 2) {
    program.outputHelp({ error: true })
    process.exitCode = WRONG_USE
  } else {
    await program.parseAsync()
  }
} catch (error) {
  process.exitCode = report(error)
}

/** Reports a failure on stderr unless commander has done so. @returns the exit code. */
function report(error: unknown): number {
  const { code, exitCode } = error as { code?: unknown; exitCode?: unknown }
  if (typeof code === 'string' && code.startsWith('commander.')) return exitCode === 0 ? 0 : WRONG_USE
  if (error instanceof ConfigError) {
    console.error(error.message)
    return WRONG_USE
  }
  const message = error instanceof Error ? error.message : String(error)
  if (code === 'ERR_MODULE_NOT_FOUND' && message.includes("'commander'")) {
    console.error('The command line needs a package that is not installed. Run: npm install commander')
    return FAILED
  }
  console.error(`Failed: ${message}`)
  if (process.env.LOG_LEVEL === 'debug' || process.env.LOG_LEVEL === 'trace') console.error(error)
  return FAILED
}
