import { expect, test } from 'vitest'
import { SequenceScan } from '../../src/ticker/sequence-scan.ts'

test('gives what differs from the scan before', () => {
  const scan = new SequenceScan()
  expect(scan.read('1 0,2 5')).toEqual([
    { queueId: 1, eventSeq: '0' },
    { queueId: 2, eventSeq: '5' },
  ])
  expect(scan.read('1 0,2 6')).toEqual([{ queueId: 2, eventSeq: '6' }])
  expect(scan.read('1 0,2 6')).toEqual([])
})

test('counts the queues of a scan, and gives ids that no number can hold', () => {
  const scan = new SequenceScan()
  scan.read('')
  expect(scan.count).toBe(0)
  expect(scan.read('1 0,3 9223372036854775807')).toContainEqual({
    queueId: 3,
    eventSeq: '9223372036854775807',
  })
  expect(scan.count).toBe(2)
  scan.read('3 1')
  expect(scan.count).toBe(1)
})
