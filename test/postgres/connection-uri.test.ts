import { expect, test } from 'vitest'
import { withoutPassword } from '../../src/postgres/connection-uri.ts'

test.each([
  ['postgresql://u:geheim@h:5433/d?connect_timeout=3', 'postgresql://u:***@h:5433/d?connect_timeout=3'],
  ['postgresql://h/d?user=u@v&password=geh@eim', 'postgresql://h/d?user=u@v&password=***'],
  ['postgresql://h/d?p%61ssword=geheim&sslmode=require', 'postgresql://h/d?p%61ssword=***&sslmode=require'],
  ['postgres://u:ge#heim@h/d', 'postgres://u:***@h/d'],
  ['postgres://u:12#heim@h/d', 'postgres://u:***@h/d'],
  ['postgresql://u:gehe?im=x&y@h/d', 'postgresql://u:***@h/d'],
  ['postgresql://u@h/d', 'postgresql://u@h/d'],
  ['postgresql://u:geh@eim@h/d', '***'],
  ['postgresql://u:12/heim@h/d', '***'],
  ['u:geheim@h', '***'],
])('%s is shown as %s', (uri, shown) => {
  expect(withoutPassword(uri)).toBe(shown)
})
