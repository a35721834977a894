#!/usr/bin/env node
import { CommanderError } from 'commander'
import { ConfigError } from '../config/config-error.ts'
import { createProgram } from './program.ts'

const FAILED = 1
const WRONG_USE = 2

try {
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
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : WRONG_USE
  if (error instanceof ConfigError) {
    console.error(error.message)
    return WRONG_USE
  }
  console.error(`Failed: ${error instanceof Error ? error.message : String(error)}`)
  if (process.env.LOG_LEVEL === 'debug' || process.env.LOG_LEVEL === 'trace') console.error(error)
  return FAILED
}
