import {
  type ASTNode,
  type DocumentNode,
  Kind,
  type OperationDefinitionNode,
  type ValueNode,
  visit,
} from 'graphql'
import type { Steps } from './field-path.ts'

type Above = ASTNode | readonly ASTNode[]

/** Lists the nodes above a node, from the document down; `parent` and `ancestors` are those of graphql's visitor. */
export function nodesAbove(parent: Above | undefined, ancestors: readonly Above[]): ASTNode[] {
  return [...ancestors, ...(parent ? [parent] : [])].filter((each) => 'kind' in each)
}

/** Finds the path from a field's arguments to a value, or from the default of a variable. */
export function stepsTo(value: ASTNode, above: readonly ASTNode[]): Steps {
  const steps: (string | number)[] = []
  for (const [index, node] of [...above, value].entries()) {
    const holder = above[index - 1]
    if (node.kind === Kind.ARGUMENT) steps.splice(0, steps.length, node.name.value)
    else if (node.kind === Kind.OBJECT_FIELD) steps.push(node.name.value)
    else if (holder?.kind === Kind.LIST) steps.push(holder.values.indexOf(node as ValueNode))
  }
  return steps
}

/** Finds the first use of each variable of an operation, in it or in a fragment. */
export function placesOf(
  operation: OperationDefinitionNode,
  document: DocumentNode,
): ReadonlyMap<string, Steps> {
  const places = new Map<string, Steps>()
  const fragments = document.definitions.filter((each) => each.kind === Kind.FRAGMENT_DEFINITION)
  for (const definition of [operation, ...fragments]) {
    visit(definition, {
      Variable(node, _key, parent, _path, ancestors) {
        const above = nodesAbove(parent, ancestors)
        if (above.at(-1)?.kind === Kind.VARIABLE_DEFINITION) return
        const name = node.name.value
        if (!places.has(name)) places.set(name, stepsTo(node, above))
      },
    })
  }
  return places
}
