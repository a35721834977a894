import { startTestServer, type TestServer } from '../../../test/support/server.ts'

export const order = {
  type: 'object',
  properties: { id: { type: 'integer' }, total: { type: 'string' } },
  required: ['id'],
}

export interface Registry extends AsyncDisposable {
  readonly url: string
  readonly server: TestServer
  /** Runs a document whose variables are `input`. */
  mutate(field: string, inputType: string, selection: string, input: object): Promise<void>
  register(queue: string, type: string, schema: unknown): Promise<void>
  remove(queue: string, type: string): Promise<void>
}

/** A server with these queues, and no event type yet. */
export async function startRegistry(...queues: string[]): Promise<Registry> {
  const server = await startTestServer()
  const mutate = async (field: string, inputType: string, selection: string, input: object) => {
    const query = `mutation M($input: ${inputType}!) { ${field}(input: $input) { ${selection} } }`
    const response = await fetch(server.url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ query, variables: { input } }),
    })
    const { errors } = (await response.json()) as { errors?: unknown }
    if (errors) throw new Error(JSON.stringify(errors))
  }
  for (const name of queues) await mutate('createQueue', 'CreateQueueInput', 'created', { name })
  return {
    url: server.url,
    server,
    mutate,
    register: (queue, type, schema) =>
      mutate('registerEventType', 'RegisterEventTypeInput', 'created', { queue, type, schema }),
    remove: (queue, type) => mutate('removeEventType', 'RemoveEventTypeInput', 'removed', { queue, type }),
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  }
}
