/** Checked by `npm run typecheck`: nothing here runs. */
import type { ResultOf, VariablesOf } from '@graphql-typed-document-node/core'
import { expectTypeOf, test } from 'vitest'
import { readFragment } from '../../examples/codegen-app/src/generated/index.ts'
import type { PauseTicker, Publish, QueuesPage, Tail } from '../../examples/codegen-app/src/operations.ts'
import { QueueRow } from '../../examples/codegen-app/src/operations.ts'
import type { documentsQueuesQuery } from '../../examples/codegen-app/src/relay/generated/documentsQueuesQuery.graphql.ts'
import type { documentsTailSubscription } from '../../examples/codegen-app/src/relay/generated/documentsTailSubscription.graphql.ts'
import type { HasAny } from './any.ts'

test('no operation of the example has an any', () => {
  type Documents = [typeof QueuesPage, typeof PauseTicker, typeof Publish, typeof Tail, typeof QueueRow]
  expectTypeOf<HasAny<ResultOf<Documents[number]>>>().toEqualTypeOf<false>()
  expectTypeOf<HasAny<VariablesOf<Documents[number]>>>().toEqualTypeOf<false>()
  expectTypeOf<HasAny<documentsQueuesQuery>>().toEqualTypeOf<false>()
  expectTypeOf<HasAny<documentsTailSubscription>>().toEqualTypeOf<false>()
})

test('int8 and times are strings, and JSON is unknown', () => {
  const row = readFragment(QueueRow, {} as ResultOf<typeof QueuesPage>['queues']['edges'][number]['node'])
  expectTypeOf(row.lastTickId).toEqualTypeOf<string | null>()
  expectTypeOf(row.switchTime).toEqualTypeOf<string>()
  type TickBatch = Extract<ResultOf<typeof Tail>['tail'], { __typename: 'TickBatch' }>
  expectTypeOf<TickBatch['events'][number]['json']>().toEqualTypeOf<unknown>()
  expectTypeOf<TickBatch['events'][number]['eventId']>().toEqualTypeOf<string>()
  expectTypeOf<VariablesOf<typeof Tail>['after']>().toEqualTypeOf<string | null | undefined>()
  type RelayRow = documentsQueuesQuery['response']['queues']['edges'][number]['node']
  expectTypeOf<RelayRow['lastTickId']>().toEqualTypeOf<string | null | undefined>()
})

test('a fragment is read through its document, and variables are checked', () => {
  const node = {} as ResultOf<typeof QueuesPage>['queues']['edges'][number]['node']
  // @ts-expect-error: What a fragment selects belongs to who reads the fragment.
  void node.name
  // @ts-expect-error: An int8 is a string.
  const after: VariablesOf<typeof Tail> = { queue: 'orders', after: 1 }
  // @ts-expect-error: The queue is required.
  const nowhere: VariablesOf<typeof Tail> = {}
  void [after, nowhere]
})
