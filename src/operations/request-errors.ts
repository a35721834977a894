import {
  type DocumentNode,
  GraphQLError,
  Kind,
  OperationTypeNode,
  type SelectionNode,
  type ValidationRule,
} from 'graphql'
import type { Plugin } from 'graphql-yoga'
import { PgqError } from '../errors.ts'

/** Says what is wrong with requests on which the libraries stumble: their errors would count as ours. */
export function requestErrors(): Plugin {
  return {
    onRequestParse({ requestParser, setRequestParser }) {
      if (!requestParser) return
      setRequestParser(async (request) => {
        try {
          return await requestParser(request)
        } catch (error) {
          if (!(error instanceof SyntaxError)) throw error
          throw new GraphQLError('variables and extensions must be JSON objects', {
            extensions: { code: 'BAD_INPUT' },
          })
        }
      })
    },
    onParse({ parseFn, setParseFn }) {
      setParseFn((...args: Parameters<typeof parseFn>) => withinStack(() => parseFn(...args)))
    },
    onValidate({ validateFn, setValidationFn, addValidationRule }) {
      addValidationRule(UnconditionalSubscriptions)
      setValidationFn((...args: Parameters<typeof validateFn>) => {
        try {
          return withinStack(() => validateFn(...args))
        } catch (error) {
          if (error instanceof GraphQLError) return [error]
          throw error
        }
      })
    },
  }
}

/** Parsing and validating recurse, before or beside the plugins that bound a document. */
function withinStack<Result>(run: () => Result): Result {
  try {
    return run()
  } catch (error) {
    if (!(error instanceof RangeError)) throw error
    throw new GraphQLError('The document is nested too deeply', { extensions: { code: 'LIMIT_EXCEEDED' } })
  }
}

/** graphql takes a subscription for one that has a field, which it has not when that is skipped. */
const UnconditionalSubscriptions: ValidationRule = (context) => ({
  OperationDefinition({ operation, selectionSet }) {
    if (operation !== OperationTypeNode.SUBSCRIPTION) return
    const pending: SelectionNode[] = [...selectionSet.selections]
    const spread = new Set<string>()
    for (let selection = pending.pop(); selection; selection = pending.pop()) {
      const condition = selection.directives?.find(({ name }) => conditions.has(name.value))
      if (condition) {
        const message = `@${condition.name.value} cannot stand at the field of a subscription; leave the subscription out instead`
        context.reportError(new GraphQLError(message, { nodes: condition }))
      }
      if (selection.kind === Kind.INLINE_FRAGMENT) pending.push(...selection.selectionSet.selections)
      if (selection.kind === Kind.FRAGMENT_SPREAD && !spread.has(selection.name.value)) {
        spread.add(selection.name.value)
        pending.push(...(context.getFragment(selection.name.value)?.selectionSet.selections ?? []))
      }
    }
  },
})

const conditions = new Set(['skip', 'include'])

/** @throws PgqError `BAD_INPUT` unless the name, or its absence, says which operation of the document is meant. */
export function checkOperationName({ definitions }: DocumentNode, operationName: string | null): void {
  const operations = definitions.filter((each) => each.kind === Kind.OPERATION_DEFINITION)
  const chosen =
    operationName === null ? operations : operations.filter(({ name }) => name?.value === operationName)
  if (chosen.length === 1) return
  throw new PgqError(
    'BAD_INPUT',
    'Could not determine what operation to execute; give the operationName of one of the document',
  )
}
