import { expect, test } from 'vitest'
import { parseNatsUrl, withoutCredentials } from '../../src/nats/address.ts'

test('a URL names servers, and who asks', () => {
  expect(parseNatsUrl('nats://us%40er:pass%2Fword@a:4222,[::1]:5222')).toEqual({
    servers: ['a:4222', '[::1]:5222'],
    isTls: false,
    user: 'us@er',
    password: 'pass/word',
  })
  expect(parseNatsUrl('tls://token@nats.example/')).toEqual({
    servers: ['nats.example'],
    isTls: true,
    user: 'token',
    password: undefined,
  })
})

test.each([
  '',
  'a:4222',
  'http://a',
  'nats://',
  'nats://a,',
  'nats://a/path',
  'nats://%@a',
  'nats://u:p/w@a',
])('%j is no URL of NATS', (text) => {
  expect(parseNatsUrl(text)).toBeNull()
  expect(withoutCredentials(text)).toBe('***')
})

test('credentials are not shown', () => {
  expect(withoutCredentials('nats://user:secret@a,b')).toBe('nats://***@a,b')
  expect(withoutCredentials('nats://token@a')).toBe('nats://***@a')
  expect(withoutCredentials('nats://a:4222')).toBe('nats://a:4222')
})
