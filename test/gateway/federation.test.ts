import { composeServices } from '@apollo/composition'
import { parse } from 'graphql'
import { expect, test } from 'vitest'
import { request, requestData } from '../support/graphql.ts'
import { createTestGateway, listen, serverOf } from './mounted.ts'

test('it composes with another subgraph, and finds entities by their keys', async () => {
  await using t = await createTestGateway({ federation: true })
  await using server = await listen(serverOf(t.gateway))
  const { sdl } = (await requestData(server.url, '{ _service { sdl } }'))._service
  const other = `
    extend schema @link(url: "https://specs.apollo.dev/federation/v2.3", import: ["@key"])
    type Team { name: String! owns: Queue! }
    type Queue @key(fields: "id", resolvable: false) { id: ID! }
    type Query { team: Team! }`
  const { errors, supergraphSdl } = composeServices([
    { name: 'queues', typeDefs: parse(sdl), url: server.url },
    { name: 'teams', typeDefs: parse(other) },
  ])
  expect(errors).toBeUndefined()
  expect(supergraphSdl).toContain('@join__type(graph: QUEUES, key: "id")')

  const { __schema } = await requestData(server.url, '{ __schema { description } }')
  expect(__schema.description).toContain('The queues of PgQ')

  const { id } = (await requestData(server.url, '{ queue(name: "q") { id } }')).queue
  const entities =
    'query ($r: [_Any!]!) { _entities(representations: $r) { __typename ... on Queue { name } } }'
  const data = await requestData(server.url, entities, { r: [{ __typename: 'Queue', id }] })
  expect(data._entities).toEqual([{ __typename: 'Queue', name: 'q' }])
  const refused = await request(server.url, entities, { r: [{ __typename: 'Queue' }] })
  expect(refused.errors?.[0]?.extensions).toEqual({ code: 'BAD_INPUT', field: 'representations' })
})

test('without being asked it is no subgraph', async () => {
  await using t = await createTestGateway()
  await using server = await listen(serverOf(t.gateway))
  const { errors } = await request(server.url, '{ _service { sdl } }')
  expect(errors?.[0]?.extensions.code).toBe('BAD_INPUT')
})
