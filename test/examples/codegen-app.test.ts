import {
  commitMutation,
  createOperationDescriptor,
  type Environment,
  fetchQuery,
  getRequest,
  getSelector,
  requestSubscription,
} from 'relay-runtime'
import { expect, test } from 'vitest'
import { WebSocket } from 'ws'
import { Received } from '../../client/test/support/received.ts'
import { createApolloClient } from '../../examples/codegen-app/src/apollo.ts'
import { readFragment } from '../../examples/codegen-app/src/generated/index.ts'
import {
  PauseTicker,
  Publish,
  QueueRow,
  QueuesPage,
  Tail,
} from '../../examples/codegen-app/src/operations.ts'
import { createRelayEnvironment } from '../../examples/codegen-app/src/relay/environment.ts'
import consumersFragment, {
  type documents_consumers$data,
} from '../../examples/codegen-app/src/relay/generated/documents_consumers.graphql.ts'
import consumersQuery, {
  type documentsConsumersQuery,
} from '../../examples/codegen-app/src/relay/generated/documentsConsumersQuery.graphql.ts'
import pauseTicker, {
  type documentsPauseTickerMutation,
} from '../../examples/codegen-app/src/relay/generated/documentsPauseTickerMutation.graphql.ts'
import queueQuery, {
  type documentsQueueQuery,
} from '../../examples/codegen-app/src/relay/generated/documentsQueueQuery.graphql.ts'
import queuesQuery, {
  type documentsQueuesQuery,
} from '../../examples/codegen-app/src/relay/generated/documentsQueuesQuery.graphql.ts'
import tail, {
  type documentsTailSubscription,
} from '../../examples/codegen-app/src/relay/generated/documentsTailSubscription.graphql.ts'
import { createUrqlClient } from '../../examples/codegen-app/src/urql.ts'
import { requestData } from '../support/graphql.ts'
import { startTestServer } from '../support/server.ts'

const names = ['a', 'b', 'c', 'd', 'orders']

async function startWithQueues() {
  const server = await startTestServer()
  for (const name of names) {
    await requestData(
      server.url,
      'mutation ($name: String!) { createQueue(input: { name: $name, tickerMaxLagSeconds: 0.01 }) { created } }',
      { name },
    )
  }
  return server
}

test('urql pages through queues, asks anew after a mutation, and tails over SSE', async () => {
  await using server = await startWithQueues()
  const client = createUrqlClient(server.url)

  const seen: string[] = []
  for (let after: string | null | undefined, more = true; more; ) {
    const { data, error } = await client.query(QueuesPage, { first: 3, after })
    expect(error).toBeUndefined()
    if (!data) break
    seen.push(...data.queues.edges.map(({ node }) => readFragment(QueueRow, node).name))
    after = data.queues.pageInfo.endCursor
    more = data.queues.pageInfo.hasNextPage
  }
  expect(seen).toEqual(names)

  const paused = new Received<boolean | undefined>()
  const list = client.query(QueuesPage, { first: 1 }).subscribe(({ data, stale }) => {
    const node = data?.queues.edges[0]?.node
    if (node && !stale) paused.push(readFragment(QueueRow, node).tickerPaused)
  })
  expect(await paused.next()).toBe(false)
  const { error } = await client.mutation(PauseTicker, { queue: 'a' })
  expect(error).toBeUndefined()
  expect(await paused.next('the list after the mutation')).toBe(true)
  list.unsubscribe()

  const messages = new Received<unknown>()
  const tail = client.subscription(Tail, { queue: 'orders', after: '1' }).subscribe((result) => {
    messages.push(result.error ?? result.data?.tail)
  })
  await client.mutation(Publish, { input: { queue: 'orders', type: 'created', json: { id: 7 } } })
  expect(await messages.next()).toMatchObject({
    __typename: 'TickBatch',
    events: [{ type: 'created', json: { id: 7 } }],
  })
  tail.unsubscribe()
})

test('Apollo Client merges pages into one list, updates it by Node id, and tails over WebSocket', async () => {
  await using server = await startWithQueues()
  const { client, close } = createApolloClient(server.url, WebSocket)
  await using _client = { [Symbol.asyncDispose]: async () => close() }

  const lists = new Received<{ name: string; isPaused: boolean }[]>()
  const query = client.watchQuery({
    query: QueuesPage,
    variables: { first: 3 },
    notifyOnNetworkStatusChange: false,
  })
  const list = query.subscribe(({ data, dataState }) => {
    if (dataState !== 'complete') return
    const rows = data.queues.edges.map(({ node }) => readFragment(QueueRow, node))
    lists.push(rows.map(({ name, tickerPaused }) => ({ name, isPaused: tickerPaused })))
  })
  const running = names.map((name) => ({ name, isPaused: false }))
  expect(await lists.next()).toEqual(running.slice(0, 3))
  const { data, dataState } = query.getCurrentResult()
  if (dataState !== 'complete') return expect.unreachable('the first page is incomplete')
  expect(data.queues.pageInfo.hasNextPage).toBe(true)
  await query.fetchMore({ variables: { after: data.queues.pageInfo.endCursor } })
  expect(await lists.next('both pages')).toEqual(running)

  await client.mutate({ mutation: PauseTicker, variables: { queue: 'b' } })
  const paused = running.map((row) => ({ ...row, isPaused: row.name === 'b' }))
  expect(await lists.next('the list after the mutation')).toEqual(paused)
  list.unsubscribe()

  const messages = new Received<unknown>()
  const tailed = client
    .subscribe({ query: Tail, variables: { queue: 'orders', after: '1' } })
    .subscribe({ next: (result) => messages.push(result.error ?? result.data?.tail) })
  const input = { queue: 'orders', type: 'created', json: { id: 7 } }
  await client.mutate({ mutation: Publish, variables: { input } })
  expect(await messages.next()).toMatchObject({
    __typename: 'TickBatch',
    events: [{ type: 'created', json: { id: 7 } }],
  })
  tailed.unsubscribe()
})

/** Reads from the store the data of a query, with all pages of its connections. */
function stored(environment: Environment, descriptor: ReturnType<typeof createOperationDescriptor>): unknown {
  return environment.lookup(descriptor.fragment).data
}

test('Relay keeps both pages of a connection in its store, updates them by Node id, and tails over SSE', async () => {
  await using server = await startWithQueues()
  const environment = createRelayEnvironment(server.url)
  const firstPage = createOperationDescriptor(getRequest(queuesQuery), { first: 3 })
  const retained = environment.retain(firstPage)
  const rows = () => {
    const { queues } = stored(environment, firstPage) as documentsQueuesQuery['response'] & {
      queues: { pageInfo: { endCursor: string | null; hasNextPage: boolean } }
    }
    return { rows: queues.edges.map(({ node }) => [node.name, node.tickerPaused]), page: queues.pageInfo }
  }
  await fetchQuery<documentsQueuesQuery>(environment, queuesQuery, { first: 3 }).toPromise()
  const { page } = rows()
  expect(page.hasNextPage).toBe(true)
  const after = page.endCursor
  await fetchQuery<documentsQueuesQuery>(environment, queuesQuery, { first: 3, after }).toPromise()
  expect(rows()).toMatchObject({ rows: names.map((name) => [name, false]), page: { hasNextPage: false } })

  await new Promise<void>((resolve, reject) => {
    commitMutation<documentsPauseTickerMutation>(environment, {
      mutation: pauseTicker,
      variables: { queue: 'd' },
      onCompleted: () => resolve(),
      onError: reject,
    })
  })
  expect(rows().rows).toEqual(names.map((name) => [name, name === 'd']))
  retained.dispose()

  const messages = new Received<unknown>()
  const subscription = requestSubscription<documentsTailSubscription>(environment, {
    subscription: tail,
    variables: { queue: 'orders', after: '1' },
    onNext: (data) => messages.push(data?.tail),
    onError: (error) => messages.push(error),
  })
  await requestData(
    server.url,
    'mutation { insertEvent(input: { queue: "orders", type: "created", json: { id: 7 } }) { eventId } }',
  )
  expect(await messages.next()).toMatchObject({
    __typename: 'TickBatch',
    events: [{ type: 'created', json: { id: 7 } }],
  })
  subscription.dispose()
})

test('Relay pages on in a part of a Node, by the query that its compiler made of the fragment', async () => {
  await using server = await startWithQueues()
  for (const consumer of ['one', 'three', 'two']) {
    await requestData(
      server.url,
      'mutation ($consumer: String!) { registerConsumer(input: { queue: "orders", consumer: $consumer }) { registered } }',
      { consumer },
    )
  }
  const environment = createRelayEnvironment(server.url)
  const descriptor = createOperationDescriptor(getRequest(queueQuery), { name: 'orders' })
  const retained = environment.retain(descriptor)
  await fetchQuery<documentsQueueQuery>(environment, queueQuery, { name: 'orders' }).toPromise()
  const { queue } = stored(environment, descriptor) as documentsQueueQuery['response']
  const selector = getSelector(consumersFragment, queue)
  if (!queue || selector?.kind !== 'SingularReaderSelector') return expect.unreachable('there is no queue')
  const consumers = () => {
    const data = environment.lookup(selector).data as unknown as documents_consumers$data & {
      consumers: { pageInfo: { endCursor: string | null } }
    }
    return data.consumers
  }
  expect(consumers().edges.map(({ node }) => node.name)).toEqual(['one', 'three'])
  const variables = { id: queue.id, first: 2, after: consumers().pageInfo.endCursor }
  await fetchQuery<documentsConsumersQuery>(environment, consumersQuery, variables).toPromise()
  expect(consumers().edges.map(({ node }) => node.name)).toEqual(['one', 'three', 'two'])
  retained.dispose()
})
