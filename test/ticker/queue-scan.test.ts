import { expect, test } from 'vitest'
import { QueueScan } from '../../src/ticker/queue-scan.ts'

test('gives what differs from the scan before', () => {
  const scan = new QueueScan()
  expect(scan.read('1 0 700 1,2 5 701 3')).toEqual([
    { queueId: 1, eventSeq: '0', rowVersion: '700', tickSeq: '1' },
    { queueId: 2, eventSeq: '5', rowVersion: '701', tickSeq: '3' },
  ])
  expect(scan.read('1 0 700 1,2 6 701 3')).toEqual([
    { queueId: 2, eventSeq: '6', rowVersion: '701', tickSeq: '3' },
  ])
  expect(scan.read('1 0 709 1,2 6 701 3')).toEqual([
    { queueId: 1, eventSeq: '0', rowVersion: '709', tickSeq: '1' },
  ])
  expect(scan.read('1 0 709 2,2 6 701 3')).toEqual([
    { queueId: 1, eventSeq: '0', rowVersion: '709', tickSeq: '2' },
  ])
  expect(scan.read('1 0 709 2,2 6 701 3')).toEqual([])
})

test('counts the queues of a scan, and gives ids that no number can hold', () => {
  const scan = new QueueScan()
  scan.read('')
  expect(scan.count).toBe(0)
  expect(scan.read('1 0 700 1,3 9223372036854775807 701 2')).toContainEqual({
    queueId: 3,
    eventSeq: '9223372036854775807',
    rowVersion: '701',
    tickSeq: '2',
  })
  expect(scan.count).toBe(2)
  scan.read('3 1 701 2')
  expect(scan.count).toBe(1)
})
