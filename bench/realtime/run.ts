import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

/** Runs the named parts, or all, one after another, so that none disturbs another. See README.md. */
const parts = ['publish', 'consume', 'tail', 'latency', 'idle', 'coop', 'ticker', 'token'] as const

const wanted = process.argv.length > 2 ? process.argv.slice(2) : parts
for (const part of wanted) {
  const script = fileURLToPath(new URL(`${part}.ts`, import.meta.url))
  console.log(`\n## ${part}\n`)
  const child = spawn(process.execPath, ['--import', 'tsx', script], {
    env: { ...process.env, NODE_ENV: 'production' },
    stdio: 'inherit',
  })
  const [code] = await once(child, 'exit')
  if (code !== 0) process.exitCode = 1
}
