import { getRouteApi } from '@tanstack/react-router'
import type { FormEvent } from 'react'
import { isAccepted } from '../api/connection.ts'
import { basePath, signIn } from '../api/credentials.ts'
import { useProgress } from '../api/hooks.ts'
import logo from '../shell/logo.svg'
import { Button, classes, Field, Problem } from '../ui/ui.tsx'
import styles from './sign-in.module.css'

const route = getRouteApi('/sign-in')

export function SignInPage() {
  const { back = basePath } = route.useSearch()
  const { problem, isBusy, run } = useProgress()
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    const token = String(new FormData(event.currentTarget).get('token')).trim()
    void run(async () => {
      if (!(await isAccepted(token)))
        throw new Error('The gateway does not know this token or key, or it has expired')
      signIn(token, back)
      return ''
    })
  }
  return (
    <main className={styles.page}>
      <form className={styles.card} onSubmit={submit}>
        <h1>
          <img src={logo} alt="" width="28" height="28" /> Sign in to pgq-graphql
        </h1>
        <Field label="Token or key" note="It stays in this tab, and is forgotten when that closes.">
          <input className={classes.input} name="token" type="password" autoComplete="off" required />
        </Field>
        {problem !== null && <Problem>{problem}</Problem>}
        <Button type="submit" tone="primary" disabled={isBusy}>
          Sign in
        </Button>
      </form>
    </main>
  )
}
