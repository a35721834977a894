import { useEffect, useRef } from 'react'
import uPlot from 'uplot'
import 'uplot/dist/uPlot.min.css'
import { duration } from './format.ts'
import styles from './ui.module.css'

export interface Series {
  /** Seconds on the server's clock. */
  times: readonly number[]
  values: readonly number[]
}

/** Draws values over time, which ends now and is told as ages: the browser's clock may be wrong. */
export function Chart(props: { label: string; series: Series; format: (value: number) => string }) {
  const { label, series, format } = props
  const place = useRef<HTMLDivElement>(null)
  const plot = useRef<uPlot>(null)
  const formatter = useRef(format)
  formatter.current = format
  const now = series.times.at(-1) ?? 0
  const data = useRef<uPlot.AlignedData>([[], []])
  data.current = [series.times.map((time) => time - now), [...series.values]]

  useEffect(() => {
    const element = place.current
    if (!element) return
    const draw = () => {
      plot.current?.destroy()
      plot.current = new uPlot(
        optionsFor(element, (value) => formatter.current(value)),
        data.current,
        element,
      )
    }
    draw()
    const observer = new ResizeObserver(() =>
      plot.current?.setSize({ width: element.clientWidth, height: HEIGHT }),
    )
    observer.observe(element)
    const scheme = matchMedia('(prefers-color-scheme: dark)')
    scheme.addEventListener('change', draw)
    const themes = new MutationObserver(draw)
    themes.observe(document.documentElement, { attributeFilter: ['data-theme'] })
    return () => {
      observer.disconnect()
      themes.disconnect()
      scheme.removeEventListener('change', draw)
      plot.current?.destroy()
    }
  }, [])

  useEffect(() => {
    plot.current?.setData(data.current)
  })

  const last = series.values.at(-1)
  const words =
    last === undefined ? 'unknown' : `now ${format(last)}, at most ${format(Math.max(...series.values))}`
  return (
    <figure className={styles.chart}>
      <figcaption>
        {label}
        <strong>{last === undefined ? '–' : format(last)}</strong>
      </figcaption>
      <div ref={place} role="img" aria-label={`${label} over time: ${words}`} />
    </figure>
  )
}

const HEIGHT = 170

function optionsFor(element: HTMLElement, format: (value: number) => string): uPlot.Options {
  const color = (name: string) => {
    const probe = document.createElement('span')
    probe.style.color = `var(${name})`
    element.append(probe)
    const { color: found } = getComputedStyle(probe)
    probe.remove()
    return found
  }
  const axis = {
    stroke: color('--quiet'),
    grid: { stroke: color('--line'), width: 1 },
    ticks: { show: false },
    font: '12px system-ui, sans-serif',
  }
  return {
    width: element.clientWidth,
    height: HEIGHT,
    legend: { show: false },
    cursor: { y: false, drag: { x: false, y: false } },
    scales: { x: { time: false }, y: { range: (_, __, top) => [0, Math.max(top * 1.1, 1)] } },
    axes: [
      {
        ...axis,
        size: 28,
        space: 90,
        incrs: [1, 5, 10, 30, 60, 120, 300, 600, 900, 1_800],
        values: (_, ages) => ages.map((age) => (age === 0 ? 'now' : `−${duration(-age)}`)),
      },
      { ...axis, size: 76, values: (_, values) => values.map(format) },
    ],
    series: [
      {},
      { stroke: color('--accent'), width: 1.5, fill: color('--accent-faint'), points: { show: false } },
    ],
  }
}
