import { expect, test } from 'vitest'
import { formatTable } from '../../src/cli/table.ts'
import { formatSeconds } from '../../src/duration.ts'

test('columns are as wide as their widest cell on a terminal, null is a dash and control characters are harmless', () => {
  const rows = [
    { name: 'orders', count: 12_345 },
    { name: 'ü\u001b[31m\n', count: null },
    { name: '注文', count: 1 },
  ]
  const table = formatTable(rows, [
    { title: 'Name', value: (row) => row.name },
    { title: 'N', value: (row) => row.count, align: 'right' },
  ])
  const expected = ['Name         N', '───────  ─────', 'orders   12345', 'ü�[31m�      –', '注文         1']
  expect(table.split('\n')).toEqual(expected)
})

test.each([
  [0.4217, '0.42 s'],
  [12.34, '12.3 s'],
  [60, '1 min'],
  [200, '3 min 20 s'],
  [7_200, '2 h'],
  [187_200, '2 d 4 h'],
  [null, null],
])('%s seconds read %s', (seconds, text) => {
  expect(formatSeconds(seconds)).toBe(text)
})
