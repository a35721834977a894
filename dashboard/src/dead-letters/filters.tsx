import { classes, Field } from '../ui/ui.tsx'
import type { Conditions } from './conditions.ts'
import styles from './dead-letters.module.css'

const filters = [
  { name: 'queue', label: 'Queue', type: 'search' },
  { name: 'consumer', label: 'Consumer', type: 'search' },
  { name: 'contains', label: 'Text in the reason', type: 'search' },
  { name: 'from', label: 'Failed from, UTC', type: 'datetime-local' },
  { name: 'to', label: 'Failed until, UTC', type: 'datetime-local' },
] as const

/** Conditions to be typed. They hold once the field is left, or with the enter key. */
export function Filters(props: { conditions: Conditions; onChange: (change: Conditions) => void }) {
  const { conditions, onChange } = props
  return (
    <form className={styles.filters} onSubmit={(event) => event.preventDefault()}>
      {filters.map(({ name, label, type }) => {
        const value = conditions[name] ?? ''
        const change = (text: string) => text !== value && onChange({ [name]: text || undefined })
        return (
          <Field key={name} label={label}>
            <input
              key={value}
              type={type}
              className={classes.input}
              defaultValue={value}
              onBlur={(event) => change(event.target.value)}
              onKeyDown={(event) => event.key === 'Enter' && change(event.currentTarget.value)}
            />
          </Field>
        )
      })}
    </form>
  )
}
