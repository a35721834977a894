import { test } from 'vitest'
import { createRandom } from '../support/random.ts'
import { soak } from './soak/soak.ts'

const seconds = Number(process.env.SOAK_SECONDS ?? 60)

test(
  'three gateways lose nothing and double nothing while all that can break breaks at random',
  {
    timeout: (seconds + 240) * 1_000,
  },
  () => soak({ seconds, seed: createRandom('SOAK_SEED').seed, print: console.log }),
)
