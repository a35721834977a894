/** Puts text of strangers into TypeScript: it must not end the string or the comment that it stands in. */

/** Control characters, and those that change the direction of what follows or cannot be seen. */
const hidden = /[\p{Cc}\p{Cf}\u2028\u2029]/gu

/** Makes a string literal in single quotes. */
export function literal(text: string): string {
  const body = JSON.stringify(text)
    .slice(1, -1)
    .replace(/\\"|'/g, (found) => (found === "'" ? "\\'" : '"'))
    .replace(hidden, escaped)
  return `'${body}'`
}

/** Escapes as `\u` units, each of a pair by itself. */
function escaped(character: string): string {
  return character
    .split('')
    .map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
    .join('')
}

/** Makes the name of a property, in quotes where it needs them. */
export function propertyName(name: string): string {
  return /^[A-Za-z_$][\w$]*$/.test(name) ? name : literal(name)
}

/** Makes the lines of a comment of either kind. */
export function commentLines(text: string): string[] {
  return text.split(/\r\n|[\n\r\u2028\u2029]/).map((line) =>
    line
      .replace(hidden, ' ')
      .replaceAll('*/', '* /')
      // `@ts-expect-error` and its like work in every comment.
      .replace(/@(?=ts-)/g, '@ ')
      .trimEnd(),
  )
}

/** Makes a JSDoc comment of these texts, a paragraph each; empty for none. It ends with a newline. */
export function docComment(texts: readonly string[], indent = ''): string {
  const paragraphs = texts.map((text) => text.trim()).filter((text) => text !== '')
  const lines = paragraphs.flatMap((text, index) => [...(index > 0 ? [''] : []), ...commentLines(text)])
  const [only] = lines
  if (only === undefined) return ''
  if (lines.length === 1) return `${indent}/** ${only} */\n`
  return `${[`${indent}/**`, ...lines.map((line) => `${indent} * ${line}`.trimEnd()), `${indent} */`].join('\n')}\n`
}
