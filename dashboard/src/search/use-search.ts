import { useCallback, useEffect, useRef, useState } from 'react'
import { useClient } from 'urql'
import { messageOf } from '../api/client.ts'
import {
  type EventFieldsFragment,
  SearchEventsDocument,
  type SearchEventsQuery,
  type SearchEventsQueryVariables,
} from '../generated/operations.ts'

/** So many more events are looked for at a time. */
const WANTED = 100

export interface Search {
  events: readonly EventFieldsFragment[]
  /** The oldest event that was looked at; null before the first. */
  searchedTo: SearchEventsQuery['events']['searchedTo']
  isComplete: boolean
  isSearching: boolean
  problem: string | null
}

const begun: Search = { events: [], searchedTo: null, isComplete: false, isSearching: true, problem: null }

/**
 * Searches the log from its end backwards: until there are enough events, nothing is left to be looked at, or
 * somebody stops it. The gateway answers each question within a fraction of a second with what it has by then.
 *
 * @param question Must stay the same; another one is another search.
 */
export function useSearch(question: Pick<SearchEventsQueryVariables, 'database' | 'queue' | 'filter'>) {
  const client = useClient()
  const sought = useRef(question)
  const [search, setSearch] = useState(begun)
  const cursor = useRef<string | null>(null)
  const leave = useRef(() => {})

  const stop = useCallback(() => {
    leave.current()
    setSearch((before) => ({ ...before, isSearching: false }))
  }, [])

  const goOn = useCallback(() => {
    const ask = (wanted: number) => {
      const variables = { ...sought.current, first: wanted, after: cursor.current }
      const asked = client.query<SearchEventsQuery>(SearchEventsDocument, variables)
      const { unsubscribe } = asked.subscribe(({ data, error }) => {
        // One answer is all: a socket that is lost before it ends would ask for the same again.
        leave.current()
        if (error || !data) {
          const problem = error ? messageOf(error) : 'The gateway gave no answer'
          setSearch((before) => ({ ...before, isSearching: false, problem }))
          return
        }
        const { nodes, searchedTo, complete, pageInfo } = data.events
        cursor.current = pageInfo.endCursor
        const isSearching = !complete && nodes.length < wanted
        setSearch((before) => ({
          ...before,
          events: [...before.events, ...nodes],
          searchedTo: searchedTo ?? before.searchedTo,
          isComplete: complete,
          isSearching,
        }))
        if (isSearching) ask(wanted - nodes.length)
      })
      leave.current = unsubscribe
    }
    setSearch((before) => ({ ...before, isSearching: true, problem: null }))
    ask(WANTED)
  }, [client])

  useEffect(() => {
    goOn()
    return () => leave.current()
  }, [goOn])

  return { search, stop, goOn }
}
