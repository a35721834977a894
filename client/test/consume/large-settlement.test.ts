import { describe, expect, test } from 'vitest'
import { until, withDeadline } from '../../../test/support/deadline.ts'
import { createClient, type Event, fail } from '../../src/index.ts'
import { interceptedClients, kB, startQueues } from '../support/large-batch.ts'
import { Received } from '../support/received.ts'
import { transports } from '../support/transports.ts'

const numbers = (count: number) => Array.from({ length: count }, (_, n) => String(n))

describe.each(transports)('over $name', ({ createClient }) => {
  test('settles a batch whose follow-ups do not fit one request, with each event handled once', async () => {
    await using setting = await startQueues(createClient, 500)
    const { client, options, problems } = setting
    const text = 'x'.repeat(20 * kB)
    const mails = new Received<string | null>()
    await using _mailer = client.consume('mails', { consumer: 'a' }, (batch) => {
      for (const event of batch.events) mails.push(event.extra1)
    })
    let handled = 0
    await using consumption = client.consume('orders', options, {
      event(event, batch) {
        handled++
        batch.publish('mails', { data: text, extra1: event.data })
      },
    })
    while (mails.all.length < 500) await mails.next()
    await consumption.stop()
    expect(mails.all).toEqual(numbers(500))
    expect(handled).toBe(500)
    expect(problems.all).toEqual([])
  })

  test('makes dead letters of more events than one request may fail, with their reasons', async () => {
    await using setting = await startQueues(createClient, 12_000)
    const { client, options, problems } = setting
    const reason = 'x'.repeat(900)
    let handled = 0
    await using consumption = client.consume('orders', options, {
      event() {
        handled++
        return fail(reason)
      },
    })
    const hasLetters = async () => (await setting.deadLetterCount()) !== '0'
    await until(hasLetters, 'the dead letters', { timeoutMs: 30_000 })
    await consumption.stop()
    const { rows } = await setting.sql('select reason, count(*)::int from pgq_gateway.dead_letter group by 1')
    expect(rows).toEqual([{ reason, count: 12_000 }])
    expect(handled).toBe(12_000)
    expect(problems.all).toEqual([])
  })
})

describe('over HTTP', () => {
  test('settles more retries than one request may have, and those of a handler of batches too', async () => {
    await using setting = await startQueues(createClient, 30, { limits: { maxEventsPerRequest: 20 } })
    const { client, options, problems } = setting
    await using consumption = client.consume('orders', options, (batch) => {
      for (const event of batch.events) batch.retry(event, 3_600)
    })
    const retryCount = async () => (await setting.sql('select from pgq.retry_queue')).rowCount
    await until(async () => (await retryCount()) === 30, 'the retries')
    await consumption.stop()
    expect(problems.all).toEqual([])
  })

  test('settles a large batch of a loop by its finish', async () => {
    await using setting = await startQueues(createClient, 30, { limits: { maxEventsPerRequest: 20 } })
    for await (const batch of setting.client.batches('orders', setting.options)) {
      for (const event of batch.events) batch.publish('mails', { data: event.data })
      await batch.finish()
      if (batch.events.length > 0) break
    }
    for await (const batch of setting.client.batches('mails', setting.options)) {
      await batch.finish()
      if (batch.events.length === 0) continue
      expect(batch.events.map(({ data }) => data)).toEqual(numbers(30))
      break
    }
  })

  test('gives up the event alone whose follow-up fits no request', async () => {
    await using setting = await startQueues(createClient, 5, { limits: { maxRequestBytes: 50 * kB } })
    const { client, options, problems } = setting
    const mails = new Received<string | null>()
    await using _mailer = client.consume('mails', { consumer: 'a' }, (batch) => {
      for (const event of batch.events) mails.push(event.extra1)
    })
    await using _consumption = client.consume(
      'orders',
      { ...options, retries: { maxTries: 1 } },
      {
        event({ data }, batch) {
          batch.publish('mails', { extra1: data, data: 'x'.repeat(data === '2' ? 60 * kB : 20 * kB) })
        },
      },
    )
    while (mails.all.length < 4) await mails.next()
    expect(mails.all).toEqual(['0', '1', '3', '4'])
    expect(await setting.deadLetterCount()).toBe('1')
    expect(problems.all).toMatchObject([
      { kind: 'event', error: { code: 'LIMIT_EXCEEDED' }, afterSeconds: null },
    ])
  })

  test('fails the event alone whose follow-up is refused in a later part, and sends that part alone again', async () => {
    const steps: string[] = []
    const intercepted = interceptedClients((step, send) => {
      steps.push(step)
      return send()
    })
    await using setting = await startQueues(intercepted, 500)
    const { client, options, problems } = setting
    await client.request(
      'mutation ($input: RegisterEventTypeInput!) { registerEventType(input: $input) { created } }',
      {
        input: {
          queue: 'mails',
          type: 'mail',
          schema: { type: 'object', properties: { to: { type: 'string' } } },
          enforce: true,
        },
      },
    )
    const mails = new Received<string | null>()
    await using _mailer = client.consume('mails', { consumer: 'a', onProblem: () => {} }, (batch) => {
      for (const event of batch.events) mails.push(event.extra1)
    })
    const text = 'x'.repeat(20 * kB)
    await using consumption = client.consume(
      'orders',
      { ...options, retries: { maxTries: 1 } },
      {
        event({ data }, batch) {
          batch.publish('mails', {
            type: 'mail',
            json: { to: data === '450' ? 1 : 'me', text },
            extra1: data,
          })
        },
      },
    )
    while (mails.all.length < 499) await mails.next()
    await consumption.stop()
    expect(mails.all).toEqual(numbers(500).filter((n) => n !== '450'))
    const { rows } = await setting.sql('select ev_data from pgq_gateway.dead_letter')
    expect(rows).toEqual([{ ev_data: '450' }])
    expect(problems.all).toMatchObject([{ kind: 'event', error: { code: 'INVALID_PAYLOAD' } }])
    // The first, the second, and that again.
    expect(steps.filter((step) => step === 'stage')).toHaveLength(3)
  })

  test('ends a consumer whose handler of batches never decides what can be settled', async () => {
    await using setting = await startQueues(createClient, 5, { limits: { maxRequestBytes: 50 * kB } })
    const { client, options, problems } = setting
    let attempts = 0
    const retries = { baseSeconds: 0.02, maxTries: 3 }
    const consumption = client.consume('orders', { ...options, retries }, (batch) => {
      attempts++
      for (const length of [10, 60]) batch.publish('mails', { data: 'x'.repeat(length * kB) })
    })
    await expect(withDeadline(consumption.done, 'the end')).rejects.toMatchObject({
      code: 'LIMIT_EXCEEDED',
      field: 'publish[1]',
    })
    expect(attempts).toBe(3)
    expect(problems.all.map(({ kind }) => kind)).toEqual(['handler', 'handler', 'ended'])
  })

  test('ends a consumer whose handler of batches retries an event of another batch', async () => {
    await using setting = await startQueues(createClient, 1)
    const { client, options, problems } = setting
    const retries = { baseSeconds: 0.02, maxTries: 3 }
    const consumption = client.consume('orders', { ...options, retries }, (batch) => {
      batch.retry({ eventId: '999999' })
    })
    await expect(withDeadline(consumption.done, 'the end')).rejects.toMatchObject({ code: 'EVENT_NOT_FOUND' })
    expect(problems.all.map(({ kind }) => kind)).toEqual(['handler', 'handler', 'ended'])
  })

  test('settles what one transaction can apply when all parts together are too large, and the rest then', async () => {
    await using setting = await startQueues(createClient, 40, { limits: { maxEventsPerRequest: 10 } })
    // Four parts with follow-ups are too large, with anything beside them.
    await setting.sql(`
      create function enlarge() returns trigger language plpgsql as
        'begin new.size := 64 * 1024 * 1024; return new; end';
      create trigger enlarge before insert on pgq_gateway.staged_part
        for each row when (new.queues is not null) execute function enlarge()`)
    const { client, options, problems } = setting
    const mails = new Received<Event>()
    await using _mailer = client.consume('mails', { consumer: 'a' }, (batch) => {
      for (const event of batch.events) mails.push(event)
    })
    await using consumption = client.consume('orders', options, {
      event({ data }, batch) {
        batch.publish('mails', [{ extra1: data }, { extra1: data }])
      },
    })
    while (mails.all.length < 80) await mails.next()
    await consumption.stop()
    expect(mails.all.map(({ extra1 }) => extra1).sort()).toEqual([...numbers(40), ...numbers(40)].sort())
    expect(problems.all.length).toBeGreaterThan(0)
    for (const problem of problems.all)
      expect(problem).toMatchObject({ kind: 'event', error: { code: 'LIMIT_EXCEEDED' }, afterSeconds: 0 })
  })
})
