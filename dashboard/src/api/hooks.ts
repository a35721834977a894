import { useCallback, useEffect, useState, useSyncExternalStore } from 'react'
import { type AnyVariables, type UseQueryState, useClient, useQuery, useSubscription } from 'urql'
import type { TypedDocument } from '../document.ts'
import { messageOf } from './client.ts'
import { type ConnectionState, connection } from './connection.ts'

export interface Answer<Data> {
  data: Data | undefined
  /** What went wrong, in the gateway's words; null when nothing did. */
  problem: string | null
  /** What was asked for is gone, or hidden from this caller. */
  isMissing: boolean
  isWaiting: boolean
}

/** Asks once, and again by `refresh`. */
export function useAnswer<Data, Variables extends AnyVariables>(
  document: TypedDocument<Data, Variables>,
  variables: Variables,
  pause = false,
): Answer<Data> & { refresh: () => void; isAsking: boolean } {
  const [state, execute] = useQuery<Data, AnyVariables>({ query: document, variables, pause })
  const refresh = useCallback(() => execute({ requestPolicy: 'network-only' }), [execute])
  return { ...answerOf(state), refresh, isAsking: state.fetching }
}

/** Time until a stream that failed is asked for again, such as while the database is away. */
const RETRY_MS = 3_000

/** Follows a subscription. @param gather Makes the data of what there was and the next message. */
export function useLive<Message, Variables extends AnyVariables, Data = Message>(
  document: TypedDocument<Message, Variables>,
  variables: Variables,
  options: { pause?: boolean; gather?: (before: Data | undefined, message: Message) => Data } = {},
): Answer<Data> {
  const { pause = false, gather = (_, message) => message as unknown as Data } = options
  const [state, execute] = useSubscription<Message, Data, AnyVariables>(
    { query: document, variables, pause },
    gather,
  )
  const answer = answerOf(state)
  const isOver = answer.problem !== null && !answer.isMissing
  useEffect(() => {
    if (!isOver) return
    const timer = setInterval(execute, RETRY_MS)
    return () => clearInterval(timer)
  }, [isOver, execute])
  return answer
}

function answerOf<Data>({ data, error, fetching }: Pick<UseQueryState<Data>, 'data' | 'error' | 'fetching'>) {
  return {
    // An error comes with null.
    data: data ?? undefined,
    problem: error ? messageOf(error) : null,
    isMissing: error?.graphQLErrors.some(isMissing) ?? false,
    isWaiting: fetching && data == null && !error,
  }
}

function isMissing({ extensions }: { extensions?: Record<string, unknown> }): boolean {
  return missing.has(extensions?.code)
}

const missing = new Set<unknown>(['NOT_FOUND', 'QUEUE_NOT_FOUND', 'CONSUMER_NOT_FOUND'])

/** Runs a mutation, and throws what the gateway has against it. */
export function useAction<Data, Variables extends AnyVariables>(
  document: TypedDocument<Data, Variables>,
): (variables: Variables) => Promise<Data> {
  const client = useClient()
  return useCallback(
    async (variables) => {
      const { data, error } = await client.mutation<Data, AnyVariables>(document, variables).toPromise()
      if (error || !data) throw new Error(error ? messageOf(error) : 'The gateway gave no answer')
      return data
    },
    [client, document],
  )
}

/** Follows an action that a button or form starts. */
export function useProgress() {
  const [problem, setProblem] = useState<string | null>(null)
  const [done, setDone] = useState<string | null>(null)
  const [isBusy, setBusy] = useState(false)
  const run = async (action: () => Promise<string>) => {
    setBusy(true)
    setProblem(null)
    setDone(null)
    try {
      setDone(await action())
      return true
    } catch (error) {
      setProblem((error as Error).message)
      return false
    } finally {
      setBusy(false)
    }
  }
  return { problem, done, isBusy, run }
}

export function useConnectionState(): ConnectionState {
  return useSyncExternalStore(connection.subscribe, connection.get)
}
