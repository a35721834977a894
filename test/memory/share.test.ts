import { expect, test } from 'vitest'
import { Share } from '../../src/memory/share.ts'

const NEVER_MS = 2_147_483_647

/** Takes from a share, and notes when it is the turn. */
function taker(share: Share) {
  const turns: string[] = []
  const take = async (client: string, name: string, bytes: number) => {
    const hold = await share.take(client, bytes, NEVER_MS)
    turns.push(name)
    return hold
  }
  return { turns, take }
}

test('work that asks for more than there is takes all, alone', async () => {
  const share = new Share(100)
  const all = share.tryTake(1_000)
  expect(all).not.toBeNull()
  expect(share.tryTake(1)).toBeNull()
  all?.release()
  all?.release()
  expect(share.tryTake(60)).not.toBeNull()
  expect(share.tryTake(60)).toBeNull()
})

test('clients have their turns one after another, however much each has asked for before', async () => {
  const share = new Share(100)
  const { turns, take } = taker(share)
  const first = share.tryTake(100)
  const waiting = [take('a', 'a1', 100), take('a', 'a2', 100), take('a', 'a3', 100), take('b', 'b1', 100)]
  first?.release()
  const [a1, a2, a3, b1] = waiting
  for (const turn of [a1, b1, a2, a3]) (await turn)?.release()
  expect(turns).toEqual(['a1', 'b1', 'a2', 'a3'])
})

test('small work does not pass large work that waits, until that gives up', async () => {
  const share = new Share(100)
  const held = share.tryTake(50)
  const leaving = new AbortController()
  const large = share.take('a', 80, NEVER_MS, leaving.signal)
  const { turns, take } = taker(share)
  const small = take('b', 'small', 10)
  expect(share.tryTake(10)).toBeNull()
  expect(turns).toEqual([])
  leaving.abort()
  expect(await large).toBeNull()
  expect(await small).not.toBeNull()
  held?.release()
  expect(share.tryTake(90)).not.toBeNull()
})

test('a wait ends after its time, and leaves nothing behind', async () => {
  const share = new Share(100)
  const held = share.tryTake(100)
  expect(await share.take('a', 1, 1)).toBeNull()
  const leaving = new AbortController()
  leaving.abort()
  expect(await share.take('a', 1, NEVER_MS, leaving.signal)).toBeNull()
  held?.release()
  expect(share.tryTake(100)).not.toBeNull()
})
