import { readArguments } from './arguments.ts'
import { complaints, formatResult } from './report.ts'
import { runScenario } from './scenario.ts'

const interrupted = new AbortController()
process.once('SIGINT', () => interrupted.abort(new Error('Interrupted')))
process.once('SIGTERM', () => interrupted.abort(new Error('Terminated')))

try {
  const { json, ...options } = readArguments(process.argv.slice(2))
  const result = await runScenario(options, interrupted.signal)
  console.log(json ? JSON.stringify(result, null, 2) : `\n${formatResult(result)}`)
  for (const complaint of complaints(result)) {
    console.error(complaint)
    process.exitCode = 1
  }
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  process.exitCode = 1
}
