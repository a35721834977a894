import { setMaxListeners } from 'node:events'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Places, SharedPlaces } from '../../src/async/shared-places.ts'

/** Stands for a database: some places are in use, others idle, and one may be promised to others. */
class House {
  readonly places: Places
  readonly never = new AbortController()
  inUse = 0
  idle = 0
  waiting = 0
  served = 0
  isPromised = false

  constructor(all: SharedPlaces) {
    setMaxListeners(0, this.never.signal)
    this.places = all.join({
      closeIdle: () => {
        if (this.idle === 0) return false
        this.idle--
        this.places.give()
        return true
      },
      yieldNext: () => {
        this.isPromised = true
      },
    })
  }

  /** Uses an idle place, one more, or waits for one. */
  begin(): void {
    if (this.idle > 0) this.idle--
    else if (!this.places.take()) {
      this.waiting++
      void this.places.wait(this.never.signal).then((hasPlace) => {
        this.waiting--
        if (!hasPlace) return
        this.served++
        this.inUse++
      })
      return
    }
    this.served++
    this.inUse++
  }

  end(): void {
    if (this.inUse === 0) return
    this.inUse--
    if (this.isPromised) {
      this.isPromised = false
      this.places.give()
    } else this.idle++
  }
}

/** Lets those who were served begin. */
const settled = () => new Promise<void>((resolve) => setImmediate(resolve))

describe('places', () => {
  test('are never more than the limit, and nobody who waits is forgotten, whoever hangs', async () => {
    const action = fc.record({ house: fc.nat(), isBegin: fc.boolean() })
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 6 }),
        fc.integer({ min: 1, max: 3 }),
        fc.nat(6),
        fc.array(action, { maxLength: 120 }),
        async (count, guaranteed, spare, actions) => {
          const limit = count * guaranteed + spare
          const all = new SharedPlaces(limit, guaranteed)
          const houses = Array.from({ length: count }, () => new House(all))
          const check = () => {
            const taken = houses.reduce((sum, { places }) => sum + places.taken, 0)
            expect(all.taken).toBe(taken)
            expect(taken).toBeLessThanOrEqual(limit)
            for (const { places } of houses)
              if (places.isWaiting) expect(places.taken).toBeGreaterThanOrEqual(guaranteed)
          }
          for (const { house, isBegin } of actions) {
            const chosen = houses[house % count]
            if (isBegin) chosen?.begin()
            else chosen?.end()
            await settled()
            check()
          }
          // The first house hangs from now on; all others end what they do, and come to an end of it.
          const others = houses.slice(1)
          for (let round = 0; others.some(({ inUse, waiting }) => inUse + waiting > 0); round++) {
            expect(round).toBeLessThan(1_000)
            for (const house of others) house.end()
            all.serve()
            await settled()
            check()
          }
          for (const { never } of houses) never.abort()
          await settled()
          expect(houses.map(({ waiting }) => waiting)).toEqual(houses.map(() => 0))
        },
      ),
      { numRuns: 200 },
    )
  })

  test('are left to others by one who hangs: beyond what is guaranteed it gets half', () => {
    const all = new SharedPlaces(20, 2)
    const [hung, other] = [new House(all), new House(all)]
    for (let n = 0; n < 30; n++) hung.begin()
    expect(hung.places.taken).toBe(10)
    for (let n = 0; n < 30; n++) other.begin()
    expect(other.places.taken).toBe(6)
    expect([hung, other].every(({ places }) => places.isWaiting)).toBe(true)
    for (const { never } of [hung, other]) never.abort()
  })

  test('that are idle are given back for whoever waits', async () => {
    const all = new SharedPlaces(4, 1)
    const [idle, other] = [new House(all), new House(all)]
    for (let n = 0; n < 2; n++) idle.begin()
    for (let n = 0; n < 2; n++) idle.end()
    for (let n = 0; n < 3; n++) other.begin()
    await settled()
    expect([idle.places.taken, other.served]).toEqual([1, 2])
    other.never.abort()
  })

  test('are handed out when the limit grows', async () => {
    const all = new SharedPlaces(1, 1)
    const house = new House(all)
    house.begin()
    house.begin()
    expect(house.served).toBe(1)
    all.limit = 3
    await settled()
    expect(house.served).toBe(2)
  })

  test('of a tenant that has left count until they are given back', () => {
    const all = new SharedPlaces(2, 1)
    const [gone, stays] = [new House(all), new House(all)]
    gone.begin()
    gone.places.leave()
    stays.begin()
    expect(stays.places.take()).toBe(false)
    gone.places.give()
    expect(stays.places.take()).toBe(true)
  })
})
