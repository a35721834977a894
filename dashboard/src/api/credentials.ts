const KEY = 'pgq-graphql.token'

/** Path under which everything is served, as the browser sees it. */
export const basePath = new URL(document.baseURI).pathname

/** The token or key of this tab; null where it has none. */
export const token = sessionStorage.getItem(KEY)

/** Begins anew as somebody else, where the address says. */
export function signIn(newToken: string, back: string): void {
  sessionStorage.setItem(KEY, newToken)
  const target = new URL(back, location.origin)
  const isOurs = target.origin === location.origin && target.pathname.startsWith(basePath)
  location.assign(isOurs ? target.href : basePath)
}

export function signOut(): void {
  sessionStorage.removeItem(KEY)
  location.assign(`${basePath}sign-in`)
}

/** Asks for credentials, and comes back here with them. */
export function askToSignIn(): void {
  if (location.pathname === `${basePath}sign-in`) return
  const back = location.pathname + location.search
  location.assign(`${basePath}sign-in?${new URLSearchParams({ back })}`)
}
