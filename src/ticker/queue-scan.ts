export interface ScannedQueue {
  queueId: number
  /** The last event id given out, int8; '0' for none. */
  eventSeq: string
  /** Changes with the queue's settings. */
  rowVersion: string
}

/** Compares `queues` of `pgq_gateway.queue_activity` with those before, without taking apart what is the same. */
export class QueueScan {
  #entries: string[] = []

  /** What differs from the text before, entry by entry. A queue made or dropped shifts entries: then more differs. */
  read(queues: string): ScannedQueue[] {
    const entries = queues === '' ? [] : queues.split(',')
    const differing = entries.filter((entry, index) => entry !== this.#entries[index])
    this.#entries = entries
    return differing.map((entry) => {
      const [queueId = '', eventSeq = '', rowVersion = ''] = entry.split(' ')
      return { queueId: Number(queueId), eventSeq, rowVersion }
    })
  }

  /** Of the last text. */
  get count(): number {
    return this.#entries.length
  }
}
