import { errorCodes } from '../errors.ts'
import { builder } from './builder.ts'

/** In the schema so that clients can be exhaustive; no field returns it. */
export const ErrorCodeType = builder.enumType('ErrorCode', {
  description: '`extensions.code` of every error.',
  values: errorCodes,
})
