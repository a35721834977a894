import { describe, expect, test } from 'vitest'
import { until, withDeadline } from '../../../test/support/deadline.ts'
import { type Event, fail, retry } from '../../src/index.ts'
import { createClientOfBoth, createOlderClient, kB, startQueues } from '../support/large-batch.ts'
import { Received } from '../support/received.ts'

describe('with a server that takes no settlement in parts', () => {
  test.each([
    ['knows no parts', createOlderClient],
    ['is found only when the parts are to be settled', createClientOfBoth],
  ])('that %s settles a large batch in several requests, each follow-up once', async (_, createClient) => {
    await using setting = await startQueues(createClient, 500)
    const { client, options, problems } = setting
    const text = 'x'.repeat(20 * kB)
    await using _mailer = client.consume('mails', { consumer: 'a' }, (batch) => {
      for (const event of batch.events) mails.push(event)
    })
    const mails = new Received<Event>()
    await using _consumption = client.consume('orders', options, {
      event: (event, batch) => batch.publish('mails', { data: text, extra1: event.data }),
    })
    const seen = new Set<string | null>()
    while (seen.size < 500) seen.add((await mails.next()).extra1)
    expect(mails.all).toHaveLength(500)
    expect(await problems.next()).toMatchObject({
      kind: 'event',
      error: { code: 'LIMIT_EXCEEDED', message: expect.stringContaining('maxRequestBytes') },
      afterSeconds: 0,
    })
  })

  test('gives up the event alone whose follow-ups never fit', async () => {
    await using setting = await startQueues(createOlderClient, 5, { limits: { maxEventsPerRequest: 10 } })
    const { client, options, problems } = setting
    const mails = new Received<string | null>()
    await using _mailer = client.consume('mails', { consumer: 'a' }, (batch) => {
      for (const event of batch.events) mails.push(event.data)
    })
    await using _consumption = client.consume(
      'orders',
      { ...options, retries: { maxTries: 1 } },
      {
        event(event, batch) {
          const count = event.data === '2' ? 11 : 1
          batch.publish(
            'mails',
            Array.from({ length: count }, () => ({ data: event.data })),
          )
        },
      },
    )
    const seen = [await mails.next(), await mails.next(), await mails.next(), await mails.next()]
    expect(seen.sort()).toEqual(['0', '1', '3', '4'])
    expect(await setting.deadLetterCount()).toBe('1')
    expect(
      problems.all.filter((problem) => 'afterSeconds' in problem && problem.afterSeconds === null),
    ).toHaveLength(1)
  })

  test('makes dead letters of more events than one request may fail', async () => {
    await using setting = await startQueues(createOlderClient, 12_000)
    const { client, options } = setting
    await using _consumption = client.consume('orders', options, { event: () => fail('x'.repeat(900)) })
    await until(async () => (await setting.deadLetterCount()) === '12000', 'all dead letters', {
      timeoutMs: 30_000,
    })
  })

  test('counts a batch with more retries than one request may have as a try, with a delay that grows', async () => {
    await using setting = await startQueues(createOlderClient, 30, { limits: { maxEventsPerRequest: 20 } })
    const { client, options, problems } = setting
    const retries = { baseSeconds: 0.1, factor: 3, maxTries: 3 }
    let handled = 0
    await using _consumption = client.consume(
      'orders',
      { ...options, retries },
      {
        event() {
          handled++
          return retry(3_600)
        },
      },
    )
    for (const attempt of [1, 2]) {
      const problem = await problems.next()
      expect(problem).toMatchObject({
        kind: 'handler',
        attempt,
        error: {
          code: 'LIMIT_EXCEEDED',
          message: expect.stringMatching(/30 retries, 0 failures.*maxEventsPerRequest/s),
        },
      })
      const retryInMs = problem.kind === 'handler' ? problem.retryInMs : Number.NaN
      expect(retryInMs).toBeGreaterThanOrEqual(attempt === 1 ? 50 : 150)
    }
    // At the last try some of them become dead letters, so that the queue goes on.
    await until(async () => (await setting.deadLetterCount()) === '15', 'the dead letters')
    expect(handled).toBe(90)
    expect(await client.request('{ queue(name: "orders") { retryCount } }')).toEqual({
      queue: { retryCount: '15' },
    })
  })

  test('ends a consumer whose handler of batches never decides what can be settled', async () => {
    await using setting = await startQueues(createOlderClient, 30, { limits: { maxEventsPerRequest: 20 } })
    const { client, options, problems } = setting
    const retries = { baseSeconds: 0.02, maxTries: 3 }
    let attempts = 0
    const consumption = client.consume('orders', { ...options, retries }, (batch) => {
      attempts++
      for (const event of batch.events) batch.retry(event, 0)
    })
    await expect(withDeadline(consumption.done, 'the end')).rejects.toMatchObject({ code: 'LIMIT_EXCEEDED' })
    expect(attempts).toBe(3)
    expect(problems.all.map(({ kind }) => kind)).toEqual(['handler', 'handler', 'ended'])
  })

  test('ends without an error after a stop in the middle of a batch that cannot be settled', async () => {
    await using setting = await startQueues(createOlderClient, 30, { limits: { maxEventsPerRequest: 20 } })
    const { client, options, problems } = setting
    const consumption = client.consume(
      'orders',
      { ...options, retries: { maxTries: 1 } },
      {
        event() {
          void consumption.stop()
          return retry(0)
        },
      },
    )
    await withDeadline(consumption.done, 'the end')
    expect(problems.all).toMatchObject([{ kind: 'handler', error: { code: 'LIMIT_EXCEEDED' } }])
    expect(await setting.deadLetterCount()).toBe('0')
  })

  test('keeps a batch that cannot be settled open after a stop', async () => {
    await using setting = await startQueues(createOlderClient, 30, { limits: { maxEventsPerRequest: 20 } })
    const { client, options, problems } = setting
    const consumption = client.consume('orders', options, { event: () => retry(0) })
    expect(await problems.next()).toMatchObject({ kind: 'handler' })
    await withDeadline(consumption.stop(), 'the end')
    expect(await setting.deadLetterCount()).toBe('0')
  })
})
