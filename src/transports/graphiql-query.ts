/** Initial content of GraphiQL. */
export const defaultQuery = `# Queues, their consumers, and how far behind they are.
query Queues {
  queues {
    edges {
      node {
        name
        currentEventsPerSecond
        newEvents
        tickerLagSeconds
        consumers { edges { node { name connected oldestPendingSeconds pendingEvents } } }
      }
    }
  }
}

mutation CreateQueue {
  createQueue(input: { name: "orders" }) { created }
}

mutation Publish {
  insertEvent(input: { queue: "orders", type: "created", json: { id: 1 } }) { eventId }
}

# Run this one first, then Publish in another tab: the event arrives here.
subscription Tail {
  tail(queue: "orders") {
    ... on TickBatch { tickId events { eventId type json } }
    ... on Gap { fromTick toTick reason }
  }
}
`
