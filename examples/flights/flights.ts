import { readFile } from 'node:fs/promises'

/** A row of flights-20k.json: departures in the United States in 2001. */
export interface Flight {
  date: string
  /** The delay in minutes; negative is early. */
  delay: number
  /** The distance in miles. */
  distance: number
  origin: string
  destination: string
}

/** An event carries the flight, and which row it is. Rows that must never be seen count below zero. */
export type FlightEvent = Flight & { row: number }

export async function readFlights(count: number): Promise<Flight[]> {
  const file = new URL('../data/flights-20k.json', import.meta.resolve('vega-datasets'))
  const flights = JSON.parse(await readFile(file, 'utf8')) as Flight[]
  if (flights.length < count) throw new Error(`The data set has ${flights.length} rows, not ${count}`)
  return flights.slice(0, count)
}
