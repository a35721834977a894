import { Link, Outlet, useNavigate, useParams } from '@tanstack/react-router'
import { useState } from 'react'
import { signOut, token } from '../api/credentials.ts'
import { useAnswer, useConnectionState } from '../api/hooks.ts'
import { useMayAsk } from '../doctor/use-may-ask.ts'
import { NamesDocument } from '../generated/operations.ts'
import logo from './logo.svg'
import styles from './shell.module.css'
import { applyTheme, type Theme, theme, themes } from './theme.ts'

/** What surrounds every page: where one is, who one is, and whether the gateway is there. */
export function Shell() {
  const { database } = useParams({ strict: false })
  const mayAsk = useMayAsk(database)
  return (
    <>
      <button
        type="button"
        className={styles.skip}
        onClick={() => document.getElementById('content')?.focus()}
      >
        Skip to content
      </button>
      <header className={styles.bar}>
        <Link to="/" className={styles.brand}>
          <img src={logo} alt="" width="22" height="22" />
          pgq-graphql
        </Link>
        <Databases chosen={database} />
        {database !== undefined && (
          <nav aria-label="Pages" className={styles.pages}>
            <Link
              to="/db/$database"
              params={{ database }}
              activeOptions={{ exact: true, includeSearch: false }}
            >
              Queues
            </Link>
            <Link to="/db/$database/dead-letters" params={{ database }}>
              Dead letters
            </Link>
            {mayAsk && (
              <Link to="/db/$database/doctor" params={{ database }}>
                Doctor
              </Link>
            )}
          </nav>
        )}
        <Connection />
        <ThemeChoice />
        {token !== null && (
          <button type="button" className={styles.quiet} onClick={signOut}>
            Sign out
          </button>
        )}
      </header>
      <main id="content" tabIndex={-1} className={styles.content}>
        <Outlet />
      </main>
    </>
  )
}

function Databases({ chosen }: { chosen: string | undefined }) {
  const navigate = useNavigate()
  const { data } = useAnswer(NamesDocument, {})
  const names = data?.databases.map(({ name }) => name) ?? []
  if (chosen === undefined || names.length < 2) return null
  return (
    <select
      aria-label="Database"
      value={chosen}
      onChange={(event) => void navigate({ to: '/db/$database', params: { database: event.target.value } })}
    >
      {names.map((name) => (
        <option key={name}>{name}</option>
      ))}
    </select>
  )
}

const words = { connecting: 'Connecting', connected: 'Live', reconnecting: 'Reconnecting…' }

function Connection() {
  const state = useConnectionState()
  return (
    <span role="status" className={styles.connection} data-state={state}>
      {words[state]}
    </span>
  )
}

function ThemeChoice() {
  const [chosen, choose] = useState<Theme>(theme)
  return (
    <select
      aria-label="Theme"
      value={chosen}
      onChange={(event) => {
        const next = event.target.value as Theme
        choose(next)
        applyTheme(next)
      }}
    >
      {themes.map((name) => (
        <option key={name} value={name}>
          {name.replace(/^./, (letter) => letter.toUpperCase())}
        </option>
      ))}
    </select>
  )
}
