export interface ScannedQueue {
  queueId: number
  /** The last event id given out (int8), '0' for none. */
  eventSeq: string
  /** Differs after every change of the settings. */
  rowVersion: string
  /** The last tick id given out (int8), '0' for none. */
  tickSeq: string
}

/** Compares successive values of `pgq_gateway.queue_activity.queues` and parses only the entries that differ. */
export class QueueScan {
  #entries: string[] = []

  /** Returns the entries that differ from the text before. A queue made or dropped shifts entries, so more differ. */
  read(queues: string): ScannedQueue[] {
    const entries = queues === '' ? [] : queues.split(',')
    const differing = entries.filter((entry, index) => entry !== this.#entries[index])
    this.#entries = entries
    return differing.map((entry) => {
      const [queueId = '', eventSeq = '', rowVersion = '', tickSeq = '0'] = entry.split(' ')
      return { queueId: Number(queueId), eventSeq, rowVersion, tickSeq }
    })
  }

  /** Number of queues in the last text. */
  get count(): number {
    return this.#entries.length
  }
}
