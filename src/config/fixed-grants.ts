import { z } from 'zod'
import { GrantError, parseGrant } from '../access/grant.ts'

/** Grants whose conditions name no claims, for callers who send no token. */
export const fixedGrants = z.array(
  z.string('must be a grant, such as read:main/orders').superRefine((text, context) => {
    const message = problemOf(text)
    if (message !== null) context.addIssue({ code: 'custom', message })
  }),
  'must be a list of grants, such as ["read:main/orders"]',
)

function problemOf(text: string): string | null {
  try {
    return parseGrant(text).resolve({})
      ? null
      : `${JSON.stringify(text)} names a claim, which only tokens have`
  } catch (error) {
    if (error instanceof GrantError) return error.message
    throw error
  }
}
