/* eslint-disable */
import * as types from './graphql.ts';
import type { TypedDocumentNode as DocumentNode } from '@graphql-typed-document-node/core';

/**
 * Map of all GraphQL operations in the project.
 *
 * This map has several performance disadvantages:
 * 1. It is not tree-shakeable, so it will include all operations in the project.
 * 2. It is not minifiable, so the string of a GraphQL query will be multiple times inside the bundle.
 * 3. It does not support dead code elimination, so it will add unused operations.
 *
 * Therefore it is highly recommended to use the babel or swc plugin for production.
 * Learn more about it here: https://the-guild.dev/graphql/codegen/plugins/presets/preset-client#reducing-bundle-size
 */
type Documents = {
    "\n  fragment QueueRow on Queue {\n    id\n    name\n    tickerPaused\n    lastTickId\n    switchTime\n  }\n": typeof types.QueueRowFragmentDoc,
    "\n  query QueuesPage($first: Int!, $after: String) {\n    queues(first: $first, after: $after) {\n      edges {\n        cursor\n        node {\n          ...QueueRow\n        }\n      }\n      pageInfo {\n        endCursor\n        hasNextPage\n      }\n    }\n  }\n": typeof types.QueuesPageDocument,
    "\n  mutation PauseTicker($queue: String!) {\n    pauseTicker(input: { queue: $queue }) {\n      queue {\n        ...QueueRow\n      }\n    }\n  }\n": typeof types.PauseTickerDocument,
    "\n  mutation Publish($input: InsertEventInput!) {\n    insertEvent(input: $input) {\n      eventId\n    }\n  }\n": typeof types.PublishDocument,
    "\n  subscription Tail($queue: String!, $after: BigInt) {\n    tail(queue: $queue, after: $after) {\n      __typename\n      ... on TickBatch {\n        tickId\n        events {\n          eventId\n          time\n          type\n          json\n        }\n      }\n      ... on Gap {\n        reason\n        toTick\n      }\n    }\n  }\n": typeof types.TailDocument,
};
const documents: Documents = {
    "\n  fragment QueueRow on Queue {\n    id\n    name\n    tickerPaused\n    lastTickId\n    switchTime\n  }\n": types.QueueRowFragmentDoc,
    "\n  query QueuesPage($first: Int!, $after: String) {\n    queues(first: $first, after: $after) {\n      edges {\n        cursor\n        node {\n          ...QueueRow\n        }\n      }\n      pageInfo {\n        endCursor\n        hasNextPage\n      }\n    }\n  }\n": types.QueuesPageDocument,
    "\n  mutation PauseTicker($queue: String!) {\n    pauseTicker(input: { queue: $queue }) {\n      queue {\n        ...QueueRow\n      }\n    }\n  }\n": types.PauseTickerDocument,
    "\n  mutation Publish($input: InsertEventInput!) {\n    insertEvent(input: $input) {\n      eventId\n    }\n  }\n": types.PublishDocument,
    "\n  subscription Tail($queue: String!, $after: BigInt) {\n    tail(queue: $queue, after: $after) {\n      __typename\n      ... on TickBatch {\n        tickId\n        events {\n          eventId\n          time\n          type\n          json\n        }\n      }\n      ... on Gap {\n        reason\n        toTick\n      }\n    }\n  }\n": types.TailDocument,
};

/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 *
 *
 * @example
 * ```ts
 * const query = graphql(`query GetUser($id: ID!) { user(id: $id) { name } }`);
 * ```
 *
 * The query argument is unknown!
 * Please regenerate the types.
 */
export function graphql(source: string): unknown;

/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  fragment QueueRow on Queue {\n    id\n    name\n    tickerPaused\n    lastTickId\n    switchTime\n  }\n"): (typeof documents)["\n  fragment QueueRow on Queue {\n    id\n    name\n    tickerPaused\n    lastTickId\n    switchTime\n  }\n"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query QueuesPage($first: Int!, $after: String) {\n    queues(first: $first, after: $after) {\n      edges {\n        cursor\n        node {\n          ...QueueRow\n        }\n      }\n      pageInfo {\n        endCursor\n        hasNextPage\n      }\n    }\n  }\n"): (typeof documents)["\n  query QueuesPage($first: Int!, $after: String) {\n    queues(first: $first, after: $after) {\n      edges {\n        cursor\n        node {\n          ...QueueRow\n        }\n      }\n      pageInfo {\n        endCursor\n        hasNextPage\n      }\n    }\n  }\n"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  mutation PauseTicker($queue: String!) {\n    pauseTicker(input: { queue: $queue }) {\n      queue {\n        ...QueueRow\n      }\n    }\n  }\n"): (typeof documents)["\n  mutation PauseTicker($queue: String!) {\n    pauseTicker(input: { queue: $queue }) {\n      queue {\n        ...QueueRow\n      }\n    }\n  }\n"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  mutation Publish($input: InsertEventInput!) {\n    insertEvent(input: $input) {\n      eventId\n    }\n  }\n"): (typeof documents)["\n  mutation Publish($input: InsertEventInput!) {\n    insertEvent(input: $input) {\n      eventId\n    }\n  }\n"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  subscription Tail($queue: String!, $after: BigInt) {\n    tail(queue: $queue, after: $after) {\n      __typename\n      ... on TickBatch {\n        tickId\n        events {\n          eventId\n          time\n          type\n          json\n        }\n      }\n      ... on Gap {\n        reason\n        toTick\n      }\n    }\n  }\n"): (typeof documents)["\n  subscription Tail($queue: String!, $after: BigInt) {\n    tail(queue: $queue, after: $after) {\n      __typename\n      ... on TickBatch {\n        tickId\n        events {\n          eventId\n          time\n          type\n          json\n        }\n      }\n      ... on Gap {\n        reason\n        toTick\n      }\n    }\n  }\n"];

export function graphql(source: string) {
  return (documents as any)[source] ?? {};
}

export type DocumentType<TDocumentNode extends DocumentNode<any, any>> = TDocumentNode extends DocumentNode<  infer TType,  any>  ? TType  : never;