import { renderGraphiQL } from '@graphql-yoga/render-graphiql'
import type { GraphiQLOptions } from 'graphql-yoga'
import { defaultQuery } from './graphiql-query.ts'

/** Three events behind each other, and the tick that cuts them into a batch. */
const logo = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32" width="24" height="24">
  <g fill="#336791"><rect x="2" y="10" width="6" height="12" rx="1.5"/><rect x="10" y="10" width="6" height="12" rx="1.5"/>
  <rect x="24" y="10" width="6" height="12" rx="1.5" opacity=".5"/></g>
  <path d="M20 4v24" stroke="#e535ab" stroke-width="2.5" stroke-linecap="round"/>
</svg>`

export const graphiqlOptions: GraphiQLOptions = {
  title: 'pgq-graphql',
  logo,
  favicon: `data:image/svg+xml,${encodeURIComponent(logo)}`,
  subscriptionsProtocol: 'SSE',
  defaultQuery,
}

/**
 * Makes GraphiQL begin with the tab that was open last.
 *
 * GraphiQL looks for a stored tab with the query, variables and headers of its last editors, which it stores apart from
 * the tabs and only once they are edited. Where it finds none it opens an empty tab.
 */
const continueLastTab = `
  try {
    const { tabs, activeTabIndex } = JSON.parse(localStorage.getItem('graphiql:tabState'))
    for (const name of ['query', 'variables', 'headers']) {
      const text = tabs[activeTabIndex][name]
      if (text) localStorage.setItem('graphiql:' + name, text)
      else localStorage.removeItem('graphiql:' + name)
    }
  } catch {
    // The first visit has no tabs.
  }`

/** Renders GraphiQL as one page that asks for nothing else. */
export function renderGraphiqlPage(options?: GraphiQLOptions): string {
  const root = '<div id="root"></div>'
  return renderGraphiQL(options).replace(root, () => `${root}<script>${continueLastTab}</script>`)
}
