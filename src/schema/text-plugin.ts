import SchemaBuilder, { BasePlugin, type PothosOutputFieldConfig, type SchemaTypes } from '@pothos/core'
import {
  type GraphQLFieldResolver,
  type GraphQLInputType,
  type GraphQLResolveInfo,
  GraphQLString,
  isInputObjectType,
  isListType,
  isNonNullType,
} from 'graphql'
import { PgqError } from '../errors.ts'

/**
 * Refuses, in every String argument and input field, what PostgreSQL's text cannot hold: NUL characters, and lone
 * surrogates, which would be stored as another character. The error names the field.
 */
class TextPlugin<Types extends SchemaTypes> extends BasePlugin<Types> {
  override wrapResolve(
    resolve: GraphQLFieldResolver<unknown, Types['Context'], object>,
    field: PothosOutputFieldConfig<Types>,
  ): GraphQLFieldResolver<unknown, Types['Context'], object> {
    return hasArguments(field) ? withCheckedText(resolve) : resolve
  }

  override wrapSubscribe(
    subscribe: GraphQLFieldResolver<unknown, Types['Context'], object> | undefined,
    field: PothosOutputFieldConfig<Types>,
  ): GraphQLFieldResolver<unknown, Types['Context'], object> | undefined {
    return subscribe && hasArguments(field) ? withCheckedText(subscribe) : subscribe
  }
}

function hasArguments<Types extends SchemaTypes>(field: PothosOutputFieldConfig<Types>): boolean {
  return Object.keys(field.args).length > 0
}

function withCheckedText<Context>(
  resolve: GraphQLFieldResolver<unknown, Context, object>,
): GraphQLFieldResolver<unknown, Context, object> {
  return (parent, args: object, context, info) => {
    checkArguments(args, info)
    return resolve(parent, args, context, info)
  }
}

function checkArguments(args: object, info: GraphQLResolveInfo): void {
  const values = args as Record<string, unknown>
  for (const { name, type } of info.parentType.getFields()[info.fieldName]?.args ?? []) {
    // A field of an input is named as it stands in there.
    checkText(type, values[name], name === 'input' ? '' : name)
  }
}

function checkText(type: GraphQLInputType, value: unknown, path: string): void {
  if (value == null) return
  if (isNonNullType(type)) {
    checkText(type.ofType, value, path)
  } else if (isListType(type)) {
    for (const [index, item] of (value as unknown[]).entries())
      checkText(type.ofType, item, `${path}[${index}]`)
  } else if (isInputObjectType(type)) {
    const values = value as Record<string, unknown>
    for (const field of Object.values(type.getFields())) {
      checkText(field.type, values[field.name], path === '' ? field.name : `${path}.${field.name}`)
    }
  } else if (type === GraphQLString) {
    checkString(value as string, path)
  }
}

function checkString(text: string, field: string): void {
  if (text.includes('\0')) {
    throw new PgqError(
      'BAD_INPUT',
      `${field} must not contain a NUL character; encode binary data, as in base64`,
      { field },
    )
  }
  if (!text.isWellFormed()) {
    throw new PgqError('BAD_INPUT', `${field} must be well-formed Unicode; it has a lone surrogate`, {
      field,
    })
  }
}

export const textPluginName = 'pgqText'

declare global {
  export namespace PothosSchemaTypes {
    export interface Plugins<Types extends SchemaTypes> {
      pgqText: TextPlugin<Types>
    }
  }
}

SchemaBuilder.registerPlugin(textPluginName, TextPlugin)
