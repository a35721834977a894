import { setTimeout as delay } from 'node:timers/promises'
import { seededRandom } from '../../support/random.ts'
import { pickFault } from './faults.ts'
import { watchForStandstill } from './standstill.ts'
import { type System, startSystem } from './system.ts'

export interface SoakOptions {
  /** Duration of the faults; work under way is finished after that. */
  seconds: number
  /** Repeats the faults of a run, though not what they happen to meet. */
  seed: number
  print: (line: string) => void
}

const PROGRESS_MS = 5_000
/** Deadline for delivering all that was published. */
const FINISH_MS = 90_000

/** Breaks a system at random under traffic. @throws with the ledger when that finds a broken promise. */
export async function soak({ seconds, seed, print }: SoakOptions): Promise<void> {
  print(`SOAK_SEED=${seed} SOAK_SECONDS=${seconds}`)
  await using system = await startSystem(seededRandom(seed + 1))
  await using _watch = watchForStandstill(system.traffic.ledger, system.cluster.url)
  const startedAt = performance.now()
  const counts = new Map<string, number>()
  const progress = setInterval(() => print(progressOf(system, startedAt, counts)), PROGRESS_MS)
  try {
    await wreak(system, seed, startedAt + seconds * 1_000, counts)
    await system.recovered()
    await system.traffic.finish(FINISH_MS)
  } finally {
    clearInterval(progress)
  }
  const standstills = system.traffic.ledger.faults.filter(({ name }) => name === 'standstill').length
  if (standstills > 0) counts.set('standstill of the machine', standstills)
  for (const [name, count] of [...counts].sort()) print(`  ${String(count).padStart(4)} ${name}`)
  print(String(system.traffic.ledger))
}

/** Starts one fault after another, without waiting for the end of those before. */
async function wreak(
  system: System,
  seed: number,
  endsAt: number,
  counts: Map<string, number>,
): Promise<void> {
  const random = seededRandom(seed)
  const broken = new Map<string, Promise<void>>()
  let fail: (error: unknown) => void = () => {}
  const failed = new Promise<never>((_resolve, reject) => {
    fail = reject
  })
  failed.catch(() => {})
  while (performance.now() < endsAt) {
    await Promise.race([delay(200 + random.below(2_000)), failed])
    const fault = pickFault(system, random)
    if (broken.has(fault.part)) continue
    counts.set(fault.name, (counts.get(fault.name) ?? 0) + 1)
    const over = system.traffic.ledger.fault(fault.name)
    const run = fault
      .run()
      .then(() => system.recovered())
      .then(() => {
        over()
        broken.delete(fault.part)
      })
    run.catch((error: unknown) => fail(new Error(`${fault.name}: ${error}`, { cause: error })))
    broken.set(fault.part, run)
  }
  await Promise.all(broken.values())
}

function progressOf({ traffic, stations }: System, startedAt: number, counts: Map<string, number>): string {
  const { ledger } = traffic
  const seconds = Math.round((performance.now() - startedAt) / 1_000)
  const faults = [...counts.values()].reduce((sum, count) => sum + count, 0)
  const alive = stations.filter(({ gateway }) => gateway.url !== undefined).length
  const settled = ledger.consumers.map((consumer) => `${consumer} ${ledger.settledCount(consumer)}`)
  return (
    `${String(seconds).padStart(4)} s: ${faults} faults, ${alive} gateways alive, ` +
    `${ledger.acknowledged.size} events acknowledged, settled: ${settled.join(', ')}`
  )
}
