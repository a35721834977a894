import { graphql } from 'relay-runtime'

/*
 * Only relay-compiler reads this file; nothing imports it. In an application with babel-plugin-relay, or the like for
 * another bundler, each of these stands where it is used, and becomes an import of what is in generated/.
 */

graphql`
  query documentsQueuesQuery($first: Int!, $after: String) {
    queues(first: $first, after: $after) @connection(key: "documents_queues") {
      edges {
        node {
          id
          name
          tickerPaused
          lastTickId
          switchTime
        }
      }
    }
  }
`

graphql`
  query documentsQueueQuery($name: String!) {
    queue(name: $name) {
      id
      ...documents_consumers
    }
  }
`

/**
 * A part of a Node that pages by itself, as usePaginationFragment does: the compiler makes the query of the next
 * page.
 */
graphql`
  fragment documents_consumers on Queue
  @refetchable(queryName: "documentsConsumersQuery")
  @argumentDefinitions(first: { type: "Int", defaultValue: 2 }, after: { type: "String" }) {
    consumers(first: $first, after: $after) @connection(key: "documents_consumers") {
      edges {
        node {
          name
        }
      }
    }
  }
`

graphql`
  mutation documentsPauseTickerMutation($queue: String!) {
    pauseTicker(input: { queue: $queue }) {
      queue {
        tickerPaused
      }
    }
  }
`

graphql`
  subscription documentsTailSubscription($queue: String!, $after: BigInt) {
    tail(queue: $queue, after: $after) {
      __typename
      ... on TickBatch {
        tickId
        events {
          eventId
          type
          json
        }
      }
      ... on Gap {
        reason
        toTick
      }
    }
  }
`
