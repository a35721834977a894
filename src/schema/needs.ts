import SchemaBuilder, {
  BasePlugin,
  type FieldNullability,
  type InputFieldMap,
  type InputShapeFromFields,
  type PothosOutputFieldConfig,
  type SchemaTypes,
  type TypeParam,
} from '@pothos/core'
import type { GraphQLFieldResolver } from 'graphql'
import type { Place } from '../access/access.ts'
import type { Verb } from '../access/grant.ts'
import type { Caller } from '../caller.ts'
import { requireGrant } from '../resolvers/grants.ts'

/** What a caller needs to be given a field. Each field says so itself, or else its type does for it. */
export type Needs<Parent, Args> =
  | { kind: 'seen' }
  | { kind: 'checked'; by: string }
  | {
      kind: 'grant'
      /** One of them suffices; where there are none, so does any grant for the place or something in it. */
      verbs: readonly Verb[]
      place: (parent: Parent, args: Args) => Place
      creates: boolean
    }

/** For fields that whoever is given their object may see. */
export const seen = { kind: 'seen' } as const

/** For fields whose resolver decides by rows that it reads. @param by What it does so with. */
export function checked(by: string) {
  return { kind: 'checked', by } as const
}

/** For fields that need one of these verbs at a place; others are refused. */
export function needs<Parent, Args>(
  verbs: Verb | readonly Verb[],
  place: (parent: Parent, args: Args) => Place,
  { creates = false } = {},
): Needs<Parent, Args> {
  return { kind: 'grant', verbs: [verbs].flat(), place, creates }
}

/** For fields that whoever knows of a place may see, such as who may publish to a queue and nothing else. */
export function shown<Parent, Args>(place: (parent: Parent, args: Args) => Place): Needs<Parent, Args> {
  return { kind: 'grant', verbs: [], place, creates: false }
}

declare global {
  export namespace PothosSchemaTypes {
    interface Plugins<Types extends SchemaTypes> {
      needs: NeedsPlugin<Types>
    }
    interface FieldOptions<
      Types extends SchemaTypes = SchemaTypes,
      ParentShape = unknown,
      Type extends TypeParam<Types> = TypeParam<Types>,
      Nullable extends FieldNullability<Type> = FieldNullability<Type>,
      Args extends InputFieldMap = InputFieldMap,
      // These are parameters of the declaration that this one adds to.
      ResolveShape = unknown,
      ResolveReturnShape = unknown,
    > {
      needs?: Needs<ParentShape, InputShapeFromFields<Args>>
    }
    interface ObjectTypeOptions<Types extends SchemaTypes = SchemaTypes, Shape = unknown> {
      /** What its fields need that do not say so themselves. */
      needs?: Needs<Shape, object>
    }
  }
}

type Resolve = GraphQLFieldResolver<unknown, { caller: Caller }, never>
type AnyNeeds = Needs<unknown, object>

/** Asks for grants before a field is resolved or subscribed to, whichever transport the request came by. */
export class NeedsPlugin<Types extends SchemaTypes> extends BasePlugin<Types> {
  override onOutputFieldConfig(config: PothosOutputFieldConfig<Types>): PothosOutputFieldConfig<Types> {
    return { ...config, extensions: { ...config.extensions, needs: this.#needsOf(config) } }
  }

  override wrapResolve(
    resolve: GraphQLFieldResolver<unknown, Types['Context'], object>,
    config: PothosOutputFieldConfig<Types>,
  ): GraphQLFieldResolver<unknown, Types['Context'], object> {
    // A subscription is asked for once, before it begins; what it may deliver is the stream's.
    return config.kind === 'Subscription' ? resolve : (this.#guard(resolve as Resolve, config) as never)
  }

  override wrapSubscribe(
    subscribe: GraphQLFieldResolver<unknown, Types['Context'], object> | undefined,
    config: PothosOutputFieldConfig<Types>,
  ): GraphQLFieldResolver<unknown, Types['Context'], object> | undefined {
    return subscribe && (this.#guard(subscribe as Resolve, config) as never)
  }

  #needsOf({ parentType, pothosOptions, kind }: PothosOutputFieldConfig<Types>): AnyNeeds | undefined {
    const own = (pothosOptions as { needs?: AnyNeeds }).needs
    if (own || kind !== 'Object') return own
    const type = this.buildCache.getTypeConfig(parentType, 'Object')
    return (type.pothosOptions as { needs?: AnyNeeds }).needs
  }

  #guard(resolve: Resolve, config: PothosOutputFieldConfig<Types>): Resolve {
    const need = this.#needsOf(config)
    if (need?.kind !== 'grant') return resolve
    const { verbs, place, creates } = need
    return (parent, args, context, info) => {
      const { caller } = context
      if (!caller.access.isEverything) requireGrant(caller, { verbs, place: place(parent, args), creates })
      return resolve(parent, args, context, info)
    }
  }
}

SchemaBuilder.registerPlugin('needs', NeedsPlugin)

export default 'needs' as const
