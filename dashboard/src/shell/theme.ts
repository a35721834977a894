export const themes = ['system', 'light', 'dark'] as const
export type Theme = (typeof themes)[number]

const KEY = 'pgq-graphql.theme'

export function theme(): Theme {
  return themes.find((name) => name === localStorage.getItem(KEY)) ?? 'system'
}

export function applyTheme(chosen: Theme = theme()): void {
  localStorage.setItem(KEY, chosen)
  document.documentElement.dataset.theme = chosen
}
