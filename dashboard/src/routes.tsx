import {
  createRootRoute,
  createRoute,
  createRouter,
  lazyRouteComponent,
  Outlet,
  parseSearchWith,
  stringifySearchWith,
} from '@tanstack/react-router'
import { basePath } from './api/credentials.ts'
import { conditionsIn } from './dead-letters/conditions.ts'
import { FleetPage } from './fleet/fleet-page.tsx'
import { QueuesPage } from './queues/queues-page.tsx'
import { type Conditions, conditionNames } from './search/conditions.ts'
import { Shell } from './shell/shell.tsx'
import { SignInPage } from './sign-in/sign-in-page.tsx'
import { Empty } from './ui/ui.tsx'

const text = (value: unknown): string | undefined =>
  value === undefined || value === '' ? undefined : String(value)

const root = createRootRoute({
  component: Outlet,
  notFoundComponent: () => <Empty title="There is no such page" />,
})

const signIn = createRoute({
  getParentRoute: () => root,
  path: 'sign-in',
  component: SignInPage,
  validateSearch: ({ back }): { back?: string | undefined } => ({ back: text(back) }),
})

const shell = createRoute({ getParentRoute: () => root, id: 'shell', component: Shell })

const fleet = createRoute({ getParentRoute: () => shell, path: '/', component: FleetPage })

const queues = createRoute({
  getParentRoute: () => shell,
  path: 'db/$database',
  component: QueuesPage,
  validateSearch: ({ q, sort }): { q?: string | undefined; sort?: string | undefined } => ({
    q: text(q),
    sort: text(sort),
  }),
})

const queue = createRoute({
  getParentRoute: () => shell,
  path: 'db/$database/queues/$queue',
  component: lazyRouteComponent(() => import('./queue/queue-page.tsx'), 'QueuePage'),
})

const tail = createRoute({
  getParentRoute: () => shell,
  path: 'db/$database/queues/$queue/tail',
  component: lazyRouteComponent(() => import('./tail/tail-page.tsx'), 'TailPage'),
  validateSearch: ({ types, q }): { types?: string | undefined; q?: string | undefined } => ({
    types: text(types),
    q: text(q),
  }),
})

const search = createRoute({
  getParentRoute: () => shell,
  path: 'db/$database/queues/$queue/events',
  component: lazyRouteComponent(() => import('./search/search-page.tsx'), 'SearchPage'),
  validateSearch: (given): Conditions =>
    Object.fromEntries(conditionNames.map((name) => [name, text(given[name])])),
})

const event = createRoute({
  getParentRoute: () => shell,
  path: 'db/$database/queues/$queue/events/$event',
  component: lazyRouteComponent(() => import('./event/event-page.tsx'), 'EventPage'),
})

const consumer = createRoute({
  getParentRoute: () => shell,
  path: 'db/$database/queues/$queue/consumers/$consumer',
  component: lazyRouteComponent(() => import('./consumer/consumer-page.tsx'), 'ConsumerPage'),
})

const deadLetters = createRoute({
  getParentRoute: () => shell,
  path: 'db/$database/dead-letters',
  component: lazyRouteComponent(() => import('./dead-letters/dead-letters-page.tsx'), 'DeadLettersPage'),
  validateSearch: conditionsIn,
})

const doctor = createRoute({
  getParentRoute: () => shell,
  path: 'db/$database/doctor',
  component: lazyRouteComponent(() => import('./doctor/doctor-page.tsx'), 'DoctorPage'),
})

export const router = createRouter({
  routeTree: root.addChildren([
    signIn,
    shell.addChildren([fleet, queues, queue, tail, search, event, consumer, deadLetters, doctor]),
  ]),
  basepath: basePath,
  defaultPreload: 'intent',
  scrollRestoration: true,
  // Values are texts as they stand in the address: what looks like JSON is not read, nor quoted.
  parseSearch: parseSearchWith((value) => value),
  stringifySearch: stringifySearchWith(JSON.stringify),
})

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router
  }
}
