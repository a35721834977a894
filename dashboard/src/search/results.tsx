import { useWindowVirtualizer } from '@tanstack/react-virtual'
import { useLayoutEffect, useRef, useState } from 'react'
import type { EventFieldsFragment } from '../generated/operations.ts'
import { EventRow, keyOf, listClasses, useOpenRows } from '../ui/event-list.tsx'
import { utc } from '../ui/format.ts'

const ROW_HEIGHT = 36

/** Events found, of which those in view are in the document. */
export function Results(props: { database: string; queue: string; events: readonly EventFieldsFragment[] }) {
  const { database, queue, events } = props
  const list = useRef<HTMLOListElement>(null)
  const [top, setTop] = useState(0)
  useLayoutEffect(() => setTop(list.current?.offsetTop ?? 0), [])
  const rows = useOpenRows()
  const virtualizer = useWindowVirtualizer({
    count: events.length,
    estimateSize: () => ROW_HEIGHT,
    getItemKey: (index) => (events[index] ? keyOf(events[index]) : index),
    overscan: 10,
    scrollMargin: top,
  })
  const items = virtualizer.getVirtualItems()
  const above = (items[0]?.start ?? top) - top
  const below = virtualizer.getTotalSize() - ((items.at(-1)?.end ?? top) - top)
  return (
    <ol
      ref={list}
      className={listClasses.events}
      aria-label="Events"
      style={{ paddingTop: above, paddingBottom: below }}
    >
      {items.map(({ index, key }) => {
        const event = events[index]
        return (
          event && (
            <li
              key={key}
              ref={virtualizer.measureElement}
              data-index={index}
              aria-posinset={index + 1}
              aria-setsize={events.length}
            >
              <EventRow {...{ database, queue, event }} {...rows.of(event)} time={utc(event.time)} />
            </li>
          )
        )
      })}
    </ol>
  )
}
