#!/usr/bin/env node
import { help, readArguments, UsageError } from './arguments.ts'
import { CodegenError } from './codegen-error.ts'
import { run } from './commands.ts'

const FAILED = 1
const WRONG_USE = 2

try {
  const options = readArguments(process.argv.slice(2))
  if (options.command === 'help') process.stdout.write(help)
  else {
    const { isFine, lines } = await run(options)
    console[isFine ? 'log' : 'error'](lines.join('\n'))
    process.exitCode = isFine ? 0 : FAILED
  }
} catch (error) {
  if (!(error instanceof CodegenError)) throw error
  console.error(error.message)
  if (error instanceof UsageError) console.error('Try pgq-codegen --help')
  process.exitCode = error instanceof UsageError ? WRONG_USE : FAILED
}
