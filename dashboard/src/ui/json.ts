const token = /"(?:[^"\\]|\\.)*"|[{}[\],:]|[^\s{}[\],:"]+/g

/**
 * Indents JSON without reading its values, so that numbers keep every digit.
 *
 * @returns The text as it is, where it is no JSON.
 */
export function indent(text: string): string {
  if (!isJson(text)) return text
  let depth = 0
  let out = ''
  const line = () => `\n${'  '.repeat(depth)}`
  for (const [part] of text.matchAll(token)) {
    const before = out.at(-1)
    const isEmpty = (before === '{' && part === '}') || (before === '[' && part === ']')
    if (part === '}' || part === ']') depth--
    if (!isEmpty && (before === '{' || before === '[' || part === '}' || part === ']')) out += line()
    out += part
    if (part === '{' || part === '[') depth++
    else if (part === ',') out += line()
    else if (part === ':') out += ' '
  }
  return out
}

function isJson(text: string): boolean {
  if (!/^\s*[[{]/.test(text)) return false
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}
