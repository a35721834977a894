import { expect, test } from 'vitest'
import { createTestDatabase } from '../support/database.ts'
import { until } from '../support/deadline.ts'
import { type Fleet, registered, setUpFleet } from './fleet.ts'

/** Waits until the gateways have so many sources each, the largest number first. */
async function shared(fleet: Fleet, expected: readonly number[]): Promise<void> {
  let found: number[] = []
  await until(
    async () => {
      const { rows } = await fleet
        .client('main')
        .query('select held from pgq_gateway.mover_share order by held desc')
      found = rows.map(({ held }) => held)
      return JSON.stringify(found) === JSON.stringify(expected)
    },
    `shares of ${expected}`,
    { timeoutMs: 60_000, describe: () => `they are ${found}` },
  )
}

/** Publishes an event to each shard, again and again, until it is disposed of. */
function startPublishing(fleet: Fleet, shards: readonly string[]) {
  let isOver = false
  const publishing = (async () => {
    let rounds = 0
    for (; !isOver; rounds++) {
      for (const shard of shards) await fleet.publish(shard, [`${shard} ${rounds}`])
      await new Promise((resolve) => setTimeout(resolve, 200))
    }
    return rounds
  })()
  /** @returns The number of rounds. */
  const stop = () => {
    isOver = true
    return publishing
  }
  return { stop, [Symbol.asyncDispose]: async () => void (await stop()) }
}

test('sources move to gateways that join, until all have equally many, and each event is moved once', {
  timeout: 180_000,
}, async () => {
  await using fleet = await setUpFleet(7)
  const shards = Object.keys(fleet.urls).filter((name) => name !== 'main')
  await fleet.start([{}])
  for (const shard of shards) await registered(fleet, shard)
  await using publishing = startPublishing(fleet, shards)
  await shared(fleet, [7])
  const second = await fleet.start([{}])
  await shared(fleet, [4, 3])
  await fleet.start([{}])
  await shared(fleet, [3, 2, 2])
  await second.movers.close()
  await shared(fleet, [4, 3])
  const rounds = await publishing.stop()
  const arrived = await fleet.arrived(rounds * shards.length)
  // Equal lists: nothing is lost, nothing is there twice, nothing is out of order.
  for (const shard of shards)
    expect(arrived.filter((type) => type?.startsWith(`${shard} `))).toEqual(
      Array.from({ length: rounds }, (_, round) => `${shard} ${round}`),
    )
  expect(arrived).toHaveLength(rounds * shards.length)
})

test('what is shared fairly stays as it is, and nobody gives up what nobody waits for', async () => {
  await using database = await createTestDatabase()
  const client = await database.connect()
  const tell = async (gateway: number, held: number, standingBy: number) => {
    const { rows } = await client.query(`select * from pgq_gateway.share_mover('m', $1, $2, $3)`, [
      gateway,
      held,
      standingBy,
    ])
    return rows[0]
  }
  expect(await tell(1, 5, 0)).toEqual({ to_give: 0, has_enough: true })
  expect(await tell(2, 0, 5)).toEqual({ to_give: 0, has_enough: false })
  expect(await tell(1, 5, 0)).toEqual({ to_give: 2, has_enough: true })
  // What is under way counts for the sum.
  expect(await tell(1, 3, 0)).toEqual({ to_give: 0, has_enough: true })
  expect(await tell(2, 2, 3)).toEqual({ to_give: 0, has_enough: true })
  expect(await tell(1, 3, 2)).toEqual({ to_give: 0, has_enough: true })
  // This one serves databases that the others do not.
  expect(await tell(3, 1, 0)).toMatchObject({ to_give: 0 })
  expect(await tell(1, 3, 2)).toMatchObject({ to_give: 0 })
  expect(await tell(1, 0, 0)).toEqual({ to_give: null, has_enough: null })
  expect(await tell(2, 2, 0)).toEqual({ to_give: 0, has_enough: true })
  await client.end()
})
