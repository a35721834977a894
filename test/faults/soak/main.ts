import { createRandom } from '../../support/random.ts'
import { soak } from './soak.ts'

const seconds = Number(process.env.SOAK_SECONDS ?? 600)

try {
  await soak({ seconds, seed: createRandom('SOAK_SEED').seed, print: console.log })
  console.log('nothing is missing')
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  process.exitCode = 1
}
