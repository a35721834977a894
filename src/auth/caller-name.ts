import { createHash } from 'node:crypto'

/** Longest subject that stands in a name as it is (characters). */
const MAX_LENGTH = 128

/**
 * Makes a name of bounded length without control characters, which is another for each subject and kind.
 *
 * @param kind Such as `jwt:`; for several issuers with the issuer, which has no spaces, and a space.
 */
export function callerName(kind: string, subject: string): string {
  const isPlain =
    subject.length <= MAX_LENGTH &&
    subject.isWellFormed() &&
    !/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u.test(subject) &&
    !subject.startsWith('sha256:')
  return `${kind}${isPlain ? subject : `sha256:${createHash('sha256').update(subject, 'utf16le').digest('hex')}`}`
}
