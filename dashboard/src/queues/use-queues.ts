import { useEffect, useMemo, useRef, useState } from 'react'
import { type OperationResult, useClient } from 'urql'
import { messageOf } from '../api/client.ts'
import { useLive } from '../api/hooks.ts'
import { QueuePageDocument, type QueuePageQuery, QueuesLiveDocument } from '../generated/operations.ts'
import type { QueueFigures } from './figures.ts'

const SAMPLES = 60

/** The queues of a database: live all of them while they fit on one page, else those that are in view. */
export function useQueues(database: string, inView: readonly string[]) {
  const loaded = useLoadedQueues(database)
  const isWhole = loaded.isComplete && loaded.pages <= 1
  const live = useLive(
    QueuesLiveDocument,
    { database, queues: isWhole ? null : [...inView] },
    { pause: !isWhole && inView.length === 0 },
  )
  const fresh = live.data?.queueStats
  const known = useRef(new Map<string, QueueFigures>())
  const samples = useRef(new Map<string, number[]>())

  const queues = useMemo(() => {
    if (isWhole && fresh) return fresh
    for (const queue of loaded.queues)
      if (!known.current.has(queue.name)) known.current.set(queue.name, queue)
    for (const queue of fresh ?? []) known.current.set(queue.name, queue)
    return [...known.current.values()]
  }, [isWhole, fresh, loaded.queues])

  useMemo(() => {
    for (const { name, currentEventsPerSecond } of fresh ?? []) {
      const values = samples.current.get(name) ?? []
      samples.current.set(name, [...values, currentEventsPerSecond].slice(-SAMPLES))
    }
  }, [fresh])

  return {
    queues,
    samplesOf: (name: string): readonly number[] => samples.current.get(name) ?? [],
    isComplete: loaded.isComplete,
    problem: loaded.problem ?? live.problem,
  }
}

function useLoadedQueues(database: string) {
  const client = useClient()
  const [state, setState] = useState(nothingLoaded)
  useEffect(() => {
    let isOver = false
    const pageAfter = (after: string | null): Promise<OperationResult<QueuePageQuery>> =>
      client.query<QueuePageQuery>(QueuePageDocument, { database, after }).toPromise()
    const load = async () => {
      let after: string | null = null
      do {
        const { data, error } = await pageAfter(after)
        if (isOver) return
        if (error || !data) {
          setState((before) => ({ ...before, problem: error ? messageOf(error) : null, isComplete: true }))
          return
        }
        const { nodes, pageInfo } = data.queues
        after = pageInfo.hasNextPage ? pageInfo.endCursor : null
        const isComplete = after === null
        setState(({ queues, pages }) => ({
          queues: [...queues, ...nodes],
          pages: pages + 1,
          isComplete,
          problem: null,
        }))
      } while (after !== null)
    }
    setState(nothingLoaded)
    void load()
    return () => {
      isOver = true
    }
  }, [client, database])
  return state
}

const nothingLoaded = {
  queues: [] as readonly QueueFigures[],
  pages: 0,
  isComplete: false,
  problem: null as string | null,
}
