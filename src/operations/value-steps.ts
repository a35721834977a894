import {
  type ASTNode,
  isNonNullType,
  Kind,
  type OperationDefinitionNode,
  TypeInfo,
  type ValidationContext,
  type ValueNode,
  visit,
  visitWithTypeInfo,
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

/** Paths to a variable in the arguments of fields. */
export interface VariablePlaces {
  /** Path to its first use. */
  first: Steps
  /** Path to the first use that takes no null. */
  nonNull?: Steps
}

/** Finds the uses of the variables of an operation, in it and in its fragments, by name of the variable. */
export function placesOf(
  operation: OperationDefinitionNode,
  context: ValidationContext,
): ReadonlyMap<string, VariablePlaces> {
  const places = new Map<string, VariablePlaces>()
  const types = new TypeInfo(context.getSchema())
  for (const definition of [operation, ...context.getRecursivelyReferencedFragments(operation)]) {
    const visitor = visitWithTypeInfo(types, {
      Variable(node, _key, parent, _path, ancestors) {
        const above = nodesAbove(parent, ancestors)
        if (above.at(-1)?.kind === Kind.VARIABLE_DEFINITION) return
        const steps = stepsTo(node, above)
        const known = places.get(node.name.value) ?? { first: steps }
        places.set(node.name.value, known)
        if (isNonNullType(types.getInputType())) known.nonNull ??= steps
      },
    })
    visit(definition, visitor)
  }
  return places
}
