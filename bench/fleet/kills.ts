import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { sizes } from './sizes.ts'
import type { Row } from './table.ts'

/** Is anything lost or moved twice where gateways are killed? It runs the test of faults, which keeps a ledger. */
export async function measureKills(): Promise<Row[]> {
  const test = spawn(
    process.execPath,
    ['node_modules/vitest/vitest.mjs', 'run', 'test/faults/mover.test.ts', '-t', 'killed lose no event'],
    { env: { ...process.env, MOVER_KILLS: String(sizes.kills) }, stdio: ['ignore', 2, 2] },
  )
  const [code] = await once(test, 'exit')
  return [
    {
      question: `kill -9, ${sizes.kills} times at random moments`,
      measured: code === 0 ? '0 lost, 0 twice' : 'the ledger does not balance, or the test failed',
      beside: '',
      target: '0 lost, 0 twice',
      isMet: code === 0,
    },
  ]
}
