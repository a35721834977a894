import { randomUUID } from 'node:crypto'
import { expect, test } from 'vitest'
import { until } from '../../support/deadline.ts'
import { next, setUpConsumer } from './consumer-fixture.ts'

const claim = `select pgq_gateway.claim_stream('q', 'c', null, $1, $2) as holder`
/** Id of a gateway that is nothing but its sign of life. */
const OTHER = 77

test('a standby whose look for dead gateways gets no answer looks again on another connection', async () => {
  await using t = await setUpConsumer(['x'])
  await t.client.query('select pgq_gateway.begin_life($1)', [OTHER])
  expect((await t.client.query(claim, [randomUUID(), OTHER])).rows).toEqual([{ holder: null }])
  const hold = t.proxy.hold('dead-gateways')
  const stream = t.open({ standby: true })
  const taken = next(stream)
  taken.catch(() => {})
  await hold.reached(2)
  hold.release()
  expect(await t.typesOf(await taken)).toEqual(['x'])
  await stream.return()
})

test('a release that gets no answer is repeated on other connections until it is certain', async () => {
  await using t = await setUpConsumer(['x'])
  const stream = t.open()
  await next(stream)
  const hold = t.proxy.hold('release-streams')
  const ended = stream.return()
  await hold.reached(3)
  hold.release()
  await ended
  await until(async () => t.live.claims.size === 0, 'the end of the claim')
  expect((await t.client.query('select from pgq_gateway.stream')).rowCount).toBe(0)
})
