import { expect, test } from 'vitest'
import { startNode } from '../support/child.ts'

const program = `
  const { aborted, shutdownSignal } = await import('./dist/cli/shutdown.js')
  const { createLogger } = await import('./dist/cli/logger.js')
  const signal = shutdownSignal(await createLogger('info'))
  aborted(signal).then(() => console.log('aborted'))
  setInterval(() => {}, 60_000)
  console.log('started')`

test.each([
  ['SIGINT', 130],
  ['SIGTERM', 143],
  ['SIGHUP', 129],
] as const)('the first %s asks for an orderly end, the second ends with code %i', async (name, code) => {
  await using child = startNode(['--input-type=module', '-e', program])
  await child.printed(/started/)
  child.process.kill(name)
  await child.printed(/aborted/)
  expect(child.process.exitCode).toBeNull()
  child.process.kill(name)
  expect(await child.ended()).toEqual({ code, signal: null })
  expect(child.stderr()).toMatch(new RegExp(`${name}: finishing what is under way.*\n.*${name} again`))
})

test('logs are lines of JSON on stderr away from a terminal', async () => {
  await using child = startNode(['--input-type=module', '-e', program])
  await child.printed(/started/)
  child.process.kill('SIGINT')
  await child.printed(/finishing/)
  expect(JSON.parse(child.stderr())).toEqual({
    level: 30,
    time: expect.any(Number),
    msg: 'SIGINT: finishing what is under way; once more ends at once',
  })
})
