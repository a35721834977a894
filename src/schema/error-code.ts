import { errorCodes } from '../errors.ts'
import { builder } from './builder.ts'

/** The codes are in the schema so that clients can handle all of them. */
export const ErrorCodeType = builder.enumType('ErrorCode', {
  description: '`extensions.code` of every error.',
  values: errorCodes,
})
