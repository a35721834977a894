import { type ComponentProps, type ReactNode, useRef } from 'react'
import type { Answer } from '../api/hooks.ts'
import { useProgress } from '../api/hooks.ts'
import { count, duration, exact, utc } from './format.ts'
import styles from './ui.module.css'

/** A part of a page, under a heading of its own. */
export function Section(props: { title: string; aside?: ReactNode; children: ReactNode }) {
  return (
    <section className={styles.section}>
      <header className={styles.sectionHead}>
        <h2>{props.title}</h2>
        {props.aside}
      </header>
      {props.children}
    </section>
  )
}

/** A figure that stands alone, with its name. */
export function Figure(props: {
  name: string
  tone?: Tone | undefined
  children: ReactNode
  note?: ReactNode
}) {
  return (
    <div className={styles.figure}>
      <dt>{props.name}</dt>
      <dd data-tone={props.tone}>{props.children}</dd>
      {props.note && <dd className={styles.note}>{props.note}</dd>}
    </div>
  )
}

export function Figures({ children }: { children: ReactNode }) {
  return <dl className={styles.figures}>{children}</dl>
}

export type Tone = 'bad' | 'warn' | 'good' | 'calm'

/** A number in few characters, and exactly for who points at it. */
export function Count({ value }: { value: string | number | null | undefined }) {
  if (value === null || value === undefined) return <Nothing />
  return <span title={exact(value)}>{count(value)}</span>
}

export function Duration({ seconds }: { seconds: number | null | undefined }) {
  if (seconds === null || seconds === undefined) return <Nothing />
  return <span title={`${seconds} s`}>{duration(seconds)}</span>
}

export function Time({ at }: { at: string }) {
  return (
    <time dateTime={at} title={at}>
      {utc(at)}
    </time>
  )
}

export function Nothing() {
  return (
    <span className={styles.nothing}>
      <span aria-hidden="true">–</span>
      <span className={styles.hidden}>none</span>
    </span>
  )
}

export function Badge({ tone, children }: { tone: Tone; children: ReactNode }) {
  return (
    <span className={styles.badge} data-tone={tone}>
      {children}
    </span>
  )
}

export function Note({ children }: { children: ReactNode }) {
  return <p className={styles.note}>{children}</p>
}

/** Says what is missing, and what to do about it. */
export function Empty({ title, children }: { title: string; children?: ReactNode }) {
  return (
    <div className={styles.empty}>
      <strong>{title}</strong>
      {children && <p>{children}</p>}
    </div>
  )
}

export function Problem({ children }: { children: ReactNode }) {
  return (
    <p role="alert" className={styles.problem}>
      {children}
    </p>
  )
}

/** Shows what an answer holds, or that it is still to come, or what went wrong. */
export function Loaded<Data>(props: { answer: Answer<Data>; children: (data: Data) => ReactNode }) {
  const { data, problem, isWaiting } = props.answer
  return (
    <>
      {problem !== null && <Problem>{problem}</Problem>}
      {isWaiting && (
        <p role="status" className={styles.loading}>
          Loading…
        </p>
      )}
      {data !== undefined && props.children(data)}
    </>
  )
}

export function Button({ tone, ...props }: ComponentProps<'button'> & { tone?: 'primary' | 'danger' }) {
  return <button type="button" className={styles.button} data-tone={tone} {...props} />
}

/** A button that says what it will touch, and asks once. */
export function ConfirmButton(props: {
  label: string
  question: string
  children: ReactNode
  tone?: 'danger'
  disabled?: boolean
  action: () => Promise<string>
}) {
  const dialog = useRef<HTMLDialogElement>(null)
  const { problem, done, isBusy, run } = useProgress()
  const confirm = async () => {
    if (await run(props.action)) dialog.current?.close()
  }
  const tone = props.tone && { tone: props.tone }
  return (
    <>
      <Button {...tone} disabled={props.disabled} onClick={() => dialog.current?.showModal()}>
        {props.label}
      </Button>
      {done !== null && (
        <span role="status" className={styles.done}>
          {done}
        </span>
      )}
      <dialog ref={dialog} className={styles.dialog} aria-label={props.question}>
        <h2>{props.question}</h2>
        <div>{props.children}</div>
        {problem !== null && <Problem>{problem}</Problem>}
        <footer>
          <Button onClick={() => dialog.current?.close()}>Cancel</Button>
          <Button tone={props.tone ?? 'primary'} disabled={isBusy} onClick={() => void confirm()}>
            {props.label}
          </Button>
        </footer>
      </dialog>
    </>
  )
}

export function Field(props: { label: string; note?: string | undefined; children: ReactNode }) {
  return (
    // biome-ignore lint/a11y/noLabelWithoutControl: the control is among the children
    <label className={styles.field}>
      <span>{props.label}</span>
      {props.children}
      {props.note && <small>{props.note}</small>}
    </label>
  )
}

/** Recent values as a line, the highest of them at the top. */
export function Sparkline({ values }: { values: readonly number[] }) {
  const [width, height] = [88, 20]
  const top = Math.max(...values, 1)
  const step = width / Math.max(values.length - 1, 1)
  const points = values.map(
    (value, index) =>
      `${(index * step).toFixed(1)},${(height - 1 - (value / top) * (height - 2)).toFixed(1)}`,
  )
  return (
    <svg className={styles.sparkline} viewBox={`0 0 ${width} ${height}`} aria-hidden="true">
      {points.length > 1 && <polyline points={points.join(' ')} />}
    </svg>
  )
}

export const classes = styles
