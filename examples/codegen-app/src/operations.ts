import { graphql } from './generated/gql.ts'

/** A row of the list shows this; lists and updates select the same. */
export const QueueRow = graphql(`
  fragment QueueRow on Queue {
    id
    name
    tickerPaused
    lastTickId
    switchTime
  }
`)

export const QueuesPage = graphql(`
  query QueuesPage($first: Int!, $after: String) {
    queues(first: $first, after: $after) {
      edges {
        cursor
        node {
          ...QueueRow
        }
      }
      pageInfo {
        endCursor
        hasNextPage
      }
    }
  }
`)

export const PauseTicker = graphql(`
  mutation PauseTicker($queue: String!) {
    pauseTicker(input: { queue: $queue }) {
      queue {
        ...QueueRow
      }
    }
  }
`)

export const Publish = graphql(`
  mutation Publish($input: InsertEventInput!) {
    insertEvent(input: $input) {
      eventId
    }
  }
`)

export const Tail = graphql(`
  subscription Tail($queue: String!, $after: BigInt) {
    tail(queue: $queue, after: $after) {
      __typename
      ... on TickBatch {
        tickId
        events {
          eventId
          time
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
`)
