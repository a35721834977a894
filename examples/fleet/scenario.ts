import { setTimeout as delay } from 'node:timers/promises'
import { showProgress } from '../support/progress.ts'
import { untilComplete } from '../support/wait.ts'
import type { Arguments } from './arguments.ts'
import { connectionsOf, makeFleet } from './fleet.ts'
import { type Gateways, startGateways } from './gateways.ts'
import { Ledger } from './ledger.ts'
import { produce } from './producers.ts'
import type { Result } from './report.ts'
import { openServer } from './server.ts'
import { startWorkers } from './workers.ts'

/** Longest time between two kills. */
const MAX_CALM_MS = 2_000

/** Moves the events of many databases into one, while gateways are killed, and keeps a ledger of all events. */
export async function runScenario(
  { shards, kills, serverUrl }: Arguments,
  signal: AbortSignal,
): Promise<Result> {
  const startedAtMs = performance.now()
  process.stderr.write(`Making ${shards} databases, and one that their events go to\n`)
  await using server = await openServer(serverUrl, connectionsOf(shards))
  await using fleet = await makeFleet(server.url, shards)
  await using gateways = await startGateways(fleet.configuration)
  const ledger = new Ledger()
  await using workers = await startWorkers(gateways.urls, ledger)

  let killed = 0
  using _progress = showProgress(
    () => `${ledger.eventsIn} events in, ${ledger.eventsOut} out; gateways killed: ${killed}`,
  )
  const over = new AbortController()
  const producing = produce(fleet, gateways.urls, ledger, over.signal)
  producing.catch(() => {})
  try {
    await killGateways(gateways, kills, signal, () => killed++)
  } finally {
    over.abort()
  }
  const production = await producing
  await untilComplete(
    () => ledger.eventsOut >= ledger.eventsIn,
    () => ledger.eventsOut,
    signal,
  )
  return {
    shards,
    gatewaysKilled: killed,
    batchesHandedOver: workers.handedOver,
    ...production,
    ...ledger.result(),
    seconds: (performance.now() - startedAtMs) / 1_000,
  }
}

/** Kills gateways at random moments, one after the other; there is traffic before and after. */
async function killGateways(
  gateways: Gateways,
  kills: number,
  signal: AbortSignal,
  onKilled: () => void,
): Promise<void> {
  for (let count = 0; count <= kills; count++) {
    await delay(Math.random() * MAX_CALM_MS, undefined, { signal })
    if (count === kills) return
    const replaced = gateways.replace(Math.floor(Math.random() * gateways.urls.length))
    onKilled()
    await replaced
  }
}
