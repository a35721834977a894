import { describe, expect, test } from 'vitest'
import { gatewayPayload, parseGatewayPayload, parseTickPayload } from '../../../src/pubsub/ticks/channels.ts'

describe('a payload of pgq_tick', () => {
  test('names a queue and a tick past 2^53', () => {
    expect(parseTickPayload('{"queue": "a\\"b", "tick": "9223372036854775807"}')).toEqual({
      queue: 'a"b',
      tickId: '9223372036854775807',
    })
  })

  test.each([
    undefined,
    '',
    'plain',
    '17',
    'null',
    '[]',
    '{"queue": null, "tick": "1"}',
    '{"queue": "a", "tick": 1}',
  ])('means every queue when it is %j', (payload) => expect(parseTickPayload(payload)).toBeNull())
})

describe('a payload of pgq_gateway', () => {
  test('comes back as it was sent', () => {
    const payload = gatewayPayload('settled', { queue: 'a', consumer: 'c' })
    expect(parseGatewayPayload(payload)).toEqual([['settled', { queue: 'a', consumer: 'c' }]])
  })

  test('loses its fields, not its kind, where PostgreSQL would refuse its length', () => {
    const payload = gatewayPayload('published', { queue: 'ä'.repeat(4_000) })
    expect(parseGatewayPayload(payload)).toEqual([['published', { queue: null }]])
  })

  test('means everything when it cannot be read', () => {
    expect(parseGatewayPayload('{').map(([kind]) => kind)).toEqual([
      'published',
      'settled',
      'released',
      'misnumbered',
      'watched',
    ])
  })

  test('means nothing when a later version made its kind', () => {
    expect(parseGatewayPayload('{"kind": "unheard-of"}')).toEqual([])
  })
})
