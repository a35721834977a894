import { describe, expect, test } from 'vitest'
import type { Place } from '../../src/access/access.ts'
import { GrantError, parseGrant, type Verb } from '../../src/access/grant.ts'
import { createCaller } from '../../src/caller.ts'

const accessOf = (grants: readonly string[], claims?: Record<string, unknown>) =>
  createCaller({ name: 'somebody', grants, claims }).access
const orders = { database: 'main', queue: 'orders' }
const billing = { ...orders, consumer: 'billing' }

describe('a grant', () => {
  test.each<[grant: string, verb: Verb, place: Place, allowed: boolean]>([
    ['stats', 'stats', { database: 'main' }, true],
    ['stats:main', 'stats', { database: 'other' }, false],
    ['stats:shard_*', 'stats', { database: 'shard_007', queue: 'q' }, true],
    ['stats:main/orders', 'stats', { database: 'main' }, false],
    ['stats:main/orders', 'stats', orders, true],
    ['stats:main/orders/billing', 'stats', orders, false],
    ['stats:main/orders/billing', 'stats', billing, true],
    ['read:main/orders', 'stats', billing, true],
    ['read:main/orders', 'consume', billing, false],
    ['stats:main/orders', 'read', orders, false],
    ['publish:main/orders', 'publish', orders, true],
    ['publish:main/orders', 'stats', orders, false],
    ['consume:main/orders/billing', 'consume', billing, true],
    ['consume:main/orders/billing', 'stats', billing, true],
    ['consume:main/orders/billing', 'consume', { ...orders, consumer: 'billing2' }, false],
    ['manage:main/orders', 'stats', orders, true],
    ['manage:main/orders', 'publish', orders, false],
    ['admin:main/orders', 'publish', orders, true],
    ['admin', 'consume', billing, true],
    ['publish:*/a*b*c', 'publish', { database: 'x', queue: 'aXbXc' }, true],
    ['publish:*/a*b*c', 'publish', { database: 'x', queue: 'abc' }, true],
    ['publish:*/a*b*c', 'publish', { database: 'x', queue: 'acb' }, false],
    ['publish:*/ab*ba', 'publish', { database: 'x', queue: 'aba' }, false],
    ['publish:main/a%2Fb%2A%20ö', 'publish', { database: 'main', queue: 'a/b* ö' }, true],
    ['publish:main/a%2A', 'publish', { database: 'main', queue: 'ab' }, false],
    ['read:main/orders?extra1=x', 'read', orders, false],
    ['read:main/orders?extra1=x', 'stats', orders, false],
  ])('%s for %s of %j: %s', (grant, verb, place, allowed) => {
    expect(accessOf([grant]).allows([verb], place)).toBe(allowed)
  })

  test.each([
    ['', 'begin with one of'],
    ['write:main', 'begin with one of'],
    ['read:', 'write * for any name'],
    ['read:main//c', 'write * for any name'],
    ['read:a/b/c/d', 'at most database, queue and consumer'],
    ['read:%zz', 'percent-encoded'],
    ['publish:main/q?extra1=x', 'only read takes conditions'],
    ['read:main/q/c?extra1=x', 'conditions are for tail'],
    ['read:main/q?extra5=x', 'a condition is one of extra1'],
    ['read:main/q?extra1=x&extra1=y', 'two conditions on extra1'],
    ['read:main/q?extra1=a{b}', 'the whole value'],
  ])('%j is refused', (grant, remedy) => {
    expect(() => parseGrant(grant)).toThrow(GrantError)
    expect(() => parseGrant(grant)).toThrow(remedy)
  })
})

test('who may only publish knows of the queue, and of no other, nor of its consumers', () => {
  const access = accessOf(['publish:main/orders'])
  expect(access.shows({ database: 'main' })).toBe(true)
  expect(access.shows(orders)).toBe(true)
  expect(access.shows(billing)).toBe(false)
  expect(access.shows({ database: 'main', queue: 'other' })).toBe(false)
  expect(access.shows({ database: 'other' })).toBe(false)
})

test('lists show what is granted, as patterns of LIKE', () => {
  const access = accessOf(['consume:main/or_ders/bill*', 'stats:other', 'publish:main/a%25b'])
  expect(access.queuesOf('main')).toEqual(['or\\_ders', 'a\\%b'])
  expect(access.queuesOf('other')).toBeNull()
  expect(access.queuesOf('third')).toEqual([])
  expect(access.consumersOf(['stats'], 'main')).toEqual({ queues: ['or\\_ders'], consumers: ['bill%'] })
  expect(access.consumersOf(['stats'], 'other')).toBeNull()
  expect(access.consumersOf(['read', 'consume'], 'other')).toEqual({ queues: [], consumers: [] })
})

test('the conditions of a grant are filled from the claims, and one without its claim grants nothing', () => {
  const grants = ['read:main/orders?extra1={tenant}&extra2=a%26b']
  expect(accessOf(grants, { tenant: 7 }).filtersOf(orders)).toEqual([{ extra1: '7', extra2: 'a&b' }])
  for (const claims of [{}, { tenant: null }, { tenant: ['x'] }, { tenant: { toString: 'x' } }]) {
    const access = accessOf(grants, claims)
    expect(access.filtersOf(orders)).toEqual([])
    expect(access.shows(orders)).toBe(false)
  }
  expect(accessOf(['read:main/orders?extra1={toString}']).filtersOf(orders)).toEqual([])
  expect(accessOf([...grants, 'read:main'], { tenant: 'x' }).filtersOf(orders)).toBeNull()
})

test('callers have one sight when their grants are the same, however they are written', () => {
  const sight = (...grants: string[]) => createCaller({ name: 'somebody', grants }).sight
  expect(sight('read:main', 'stats')).toBe(sight('stats:*/*/*', 'read:m%61in/**', 'stats'))
  expect(sight('read:main/a*')).not.toBe(sight('read:main/a%2A'))
  expect(sight('read:main')).not.toBe(sight('read:main/*/x'))
  expect(sight('admin', 'stats:x')).toBe(sight('admin'))
})
