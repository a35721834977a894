/**
 * @generated SignedSource<<aa5632e618924d84923d2b205874a91c>>
 * @lightSyntaxTransform
 */

/* tslint:disable */
/* eslint-disable */
// @ts-nocheck

import type { ConcreteRequest } from 'relay-runtime';
export type documentsPauseTickerMutation$variables = {
  queue: string;
};
export type documentsPauseTickerMutation$data = {
  readonly pauseTicker: {
    readonly queue: {
      readonly tickerPaused: boolean;
    };
  };
};
export type documentsPauseTickerMutation = {
  response: documentsPauseTickerMutation$data;
  variables: documentsPauseTickerMutation$variables;
};

const node: ConcreteRequest = (function(){
var v0 = [
  {
    "defaultValue": null,
    "kind": "LocalArgument",
    "name": "queue"
  }
],
v1 = [
  {
    "fields": [
      {
        "kind": "Variable",
        "name": "queue",
        "variableName": "queue"
      }
    ],
    "kind": "ObjectValue",
    "name": "input"
  }
],
v2 = {
  "alias": null,
  "args": null,
  "kind": "ScalarField",
  "name": "tickerPaused",
  "storageKey": null
};
return {
  "fragment": {
    "argumentDefinitions": (v0/*:: as any*/),
    "kind": "Fragment",
    "metadata": null,
    "name": "documentsPauseTickerMutation",
    "selections": [
      {
        "alias": null,
        "args": (v1/*:: as any*/),
        "concreteType": "QueuePayload",
        "kind": "LinkedField",
        "name": "pauseTicker",
        "plural": false,
        "selections": [
          {
            "alias": null,
            "args": null,
            "concreteType": "Queue",
            "kind": "LinkedField",
            "name": "queue",
            "plural": false,
            "selections": [
              (v2/*:: as any*/)
            ],
            "storageKey": null
          }
        ],
        "storageKey": null
      }
    ],
    "type": "Mutation",
    "abstractKey": null
  },
  "kind": "Request",
  "operation": {
    "argumentDefinitions": (v0/*:: as any*/),
    "kind": "Operation",
    "name": "documentsPauseTickerMutation",
    "selections": [
      {
        "alias": null,
        "args": (v1/*:: as any*/),
        "concreteType": "QueuePayload",
        "kind": "LinkedField",
        "name": "pauseTicker",
        "plural": false,
        "selections": [
          {
            "alias": null,
            "args": null,
            "concreteType": "Queue",
            "kind": "LinkedField",
            "name": "queue",
            "plural": false,
            "selections": [
              (v2/*:: as any*/),
              {
                "alias": null,
                "args": null,
                "kind": "ScalarField",
                "name": "id",
                "storageKey": null
              }
            ],
            "storageKey": null
          }
        ],
        "storageKey": null
      }
    ]
  },
  "params": {
    "cacheID": "da176d1f0113367b63079d2dbab2bf19",
    "id": null,
    "metadata": {},
    "name": "documentsPauseTickerMutation",
    "operationKind": "mutation",
    "text": "mutation documentsPauseTickerMutation(\n  $queue: String!\n) {\n  pauseTicker(input: {queue: $queue}) {\n    queue {\n      tickerPaused\n      id\n    }\n  }\n}\n"
  }
};
})();

(node as any).hash = "51ced611de2d10c9b4e5bba0b3f4f428";

export default node;
