import { readArguments } from './arguments.ts'
import { formatResult, isComplete } from './report.ts'
import { runScenario } from './scenario.ts'

const interrupted = new AbortController()
process.once('SIGINT', () => interrupted.abort(new Error('Interrupted')))
process.once('SIGTERM', () => interrupted.abort(new Error('Terminated')))

try {
  const options = readArguments(process.argv.slice(2))
  const result = await runScenario(options, interrupted.signal)
  console.log(options.json ? JSON.stringify(result, null, 2) : `\n${formatResult(result)}`)
  if (!isComplete(result)) {
    console.error('The ledger does not balance')
    process.exitCode = 1
  }
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  process.exitCode = 1
}
