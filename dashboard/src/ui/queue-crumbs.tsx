import { Link } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { classes } from './ui.tsx'

/** Heads a page about a part of a queue: its title, which part of which queue it is, and what else can be done. */
export function QueueCrumbs(props: {
  title: string
  /** What the page shows of the queue, such as `the log of`. */
  part: string
  database: string
  queue: string
  /** Stands beside the place, such as badges. */
  beside?: ReactNode
  children: ReactNode
}) {
  const { title, part, database, queue, beside, children } = props
  return (
    <div className={classes.crumbs}>
      <h1>{title}</h1>
      <span className={classes.where}>
        {part}{' '}
        <Link to="/db/$database/queues/$queue" params={{ database, queue }}>
          {queue}
        </Link>{' '}
        in {database}
      </span>
      {beside}
      <span className={classes.actions}>{children}</span>
    </div>
  )
}
