import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

/** Runs the named parts, or all, one after another, so that none disturbs another. See README.md. */
const wanted = process.argv.length > 2 ? process.argv.slice(2) : ['consume', 'publish']
for (const part of wanted) {
  const child = spawn(
    process.execPath,
    ['--import', 'tsx', fileURLToPath(new URL(`${part}.ts`, import.meta.url))],
    { env: { ...process.env, NODE_ENV: 'production' }, stdio: 'inherit' },
  )
  const [code] = await once(child, 'exit')
  if (code !== 0) process.exitCode = 1
}
