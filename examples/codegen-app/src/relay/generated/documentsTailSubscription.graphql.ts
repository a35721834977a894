/**
 * @generated SignedSource<<dddbad5cd336d49706b516c2ae40e8ce>>
 * @lightSyntaxTransform
 */

/* tslint:disable */
/* eslint-disable */
// @ts-nocheck

import type { ConcreteRequest } from 'relay-runtime';
export type GapReason = "AHEAD" | "RECREATED" | "ROTATED" | "%future added value";
export type documentsTailSubscription$variables = {
  after?: string | null | undefined;
  queue: string;
};
export type documentsTailSubscription$data = {
  readonly tail: {
    readonly __typename: "Gap";
    readonly reason: GapReason;
    readonly toTick: string;
  } | {
    readonly __typename: "TickBatch";
    readonly events: ReadonlyArray<{
      readonly eventId: string;
      readonly json: unknown | null | undefined;
      readonly type: string | null | undefined;
    }>;
    readonly tickId: string;
  } | {
    // This will never be '%other', but we need some
    // value in case none of the concrete values match.
    readonly __typename: "%other";
  };
};
export type documentsTailSubscription = {
  response: documentsTailSubscription$data;
  variables: documentsTailSubscription$variables;
};

const node: ConcreteRequest = (function(){
var v0 = {
  "defaultValue": null,
  "kind": "LocalArgument",
  "name": "after"
},
v1 = {
  "defaultValue": null,
  "kind": "LocalArgument",
  "name": "queue"
},
v2 = [
  {
    "alias": null,
    "args": [
      {
        "kind": "Variable",
        "name": "after",
        "variableName": "after"
      },
      {
        "kind": "Variable",
        "name": "queue",
        "variableName": "queue"
      }
    ],
    "concreteType": null,
    "kind": "LinkedField",
    "name": "tail",
    "plural": false,
    "selections": [
      {
        "alias": null,
        "args": null,
        "kind": "ScalarField",
        "name": "__typename",
        "storageKey": null
      },
      {
        "kind": "InlineFragment",
        "selections": [
          {
            "alias": null,
            "args": null,
            "kind": "ScalarField",
            "name": "tickId",
            "storageKey": null
          },
          {
            "alias": null,
            "args": null,
            "concreteType": "Event",
            "kind": "LinkedField",
            "name": "events",
            "plural": true,
            "selections": [
              {
                "alias": null,
                "args": null,
                "kind": "ScalarField",
                "name": "eventId",
                "storageKey": null
              },
              {
                "alias": null,
                "args": null,
                "kind": "ScalarField",
                "name": "type",
                "storageKey": null
              },
              {
                "alias": null,
                "args": null,
                "kind": "ScalarField",
                "name": "json",
                "storageKey": null
              }
            ],
            "storageKey": null
          }
        ],
        "type": "TickBatch",
        "abstractKey": null
      },
      {
        "kind": "InlineFragment",
        "selections": [
          {
            "alias": null,
            "args": null,
            "kind": "ScalarField",
            "name": "reason",
            "storageKey": null
          },
          {
            "alias": null,
            "args": null,
            "kind": "ScalarField",
            "name": "toTick",
            "storageKey": null
          }
        ],
        "type": "Gap",
        "abstractKey": null
      }
    ],
    "storageKey": null
  }
];
return {
  "fragment": {
    "argumentDefinitions": [
      (v0/*:: as any*/),
      (v1/*:: as any*/)
    ],
    "kind": "Fragment",
    "metadata": null,
    "name": "documentsTailSubscription",
    "selections": (v2/*:: as any*/),
    "type": "Subscription",
    "abstractKey": null
  },
  "kind": "Request",
  "operation": {
    "argumentDefinitions": [
      (v1/*:: as any*/),
      (v0/*:: as any*/)
    ],
    "kind": "Operation",
    "name": "documentsTailSubscription",
    "selections": (v2/*:: as any*/)
  },
  "params": {
    "cacheID": "b922ba5e6b46a6c20fce2cda25d23b2c",
    "id": null,
    "metadata": {},
    "name": "documentsTailSubscription",
    "operationKind": "subscription",
    "text": "subscription documentsTailSubscription(\n  $queue: String!\n  $after: BigInt\n) {\n  tail(queue: $queue, after: $after) {\n    __typename\n    ... on TickBatch {\n      tickId\n      events {\n        eventId\n        type\n        json\n      }\n    }\n    ... on Gap {\n      reason\n      toTick\n    }\n  }\n}\n"
  }
};
})();

(node as any).hash = "1b3eee95e8bb23d7e229ef203db50876";

export default node;
