/** Says whether a text is a path that begins and ends with a slash, as it stands in a request. */
export function isBasePath(text: string): boolean {
  return /^\/([^/?#]+\/)*$/.test(text) && new URL(text, 'http://localhost').pathname === text
}

/** Says whether a text is the URL of a server, or of a folder of it. */
export function isPublicUrl(text: string): boolean {
  if (!URL.canParse(text)) return false
  const { protocol, username, password, search, hash } = new URL(text)
  return /^https?:$/.test(protocol) && [username, password, search, hash].every((part) => part === '')
}

/** Says whether a text is a host name with or without a port, or `*.` before a name. */
export function isHostPattern(text: string): boolean {
  const name = text.replace(/^\*\./, '')
  return /^[^/?#@*\s]+$/.test(name) && URL.canParse(`http://${name}`)
}

/** Says whether a text is an origin as browsers write it, or `*`. */
export function isOrigin(text: string): boolean {
  if (text === '*') return true
  if (!/^[a-z][a-z0-9+.-]*:\/\/[^/?#@\s]+$/.test(text) || !URL.canParse(text)) return false
  const { protocol, origin } = new URL(text)
  // Extensions and applications have schemes of their own, of which URL knows no origin.
  return /^https?:$/.test(protocol) ? origin === text : true
}
