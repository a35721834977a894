export type IsAny<Type> = 0 extends 1 & Type ? true : false

/** Types of the platform, which contain `any`. */
type Foreign =
  | AbortSignal
  | URL
  | typeof globalThis.fetch
  | symbol
  | string
  | number
  | boolean
  | bigint
  | null
  | undefined

/** Next smaller depth, which ends the search in types that contain themselves. */
type Less = [never, 0, 1, 2, 3, 4, 5]

/** True, or boolean, when an `any` lies within so many steps: in properties, elements, parameters and results. */
export type HasAny<Type, Depth extends number = 5> =
  IsAny<Type> extends true
    ? true
    : [Depth] extends [never]
      ? false
      : Type extends Foreign
        ? false
        : Type extends (...args: infer Parameters) => infer Result
          ? HasAny<Parameters, Less[Depth]> | HasAny<Result, Less[Depth]>
          : Type extends readonly (infer Element)[]
            ? HasAny<Element, Less[Depth]>
            : Type extends Promise<infer Value>
              ? HasAny<Value, Less[Depth]>
              : Type extends AsyncIterableIterator<infer Value, void>
                ? HasAny<Value, Less[Depth]>
                : Type extends object
                  ? { [Key in keyof Type]-?: HasAny<Type[Key], Less[Depth]> }[keyof Type]
                  : false
