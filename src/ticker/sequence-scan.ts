export interface ScannedSequence {
  queueId: number
  /** The last event id given out, int8; '0' for none. */
  eventSeq: string
}

/** Compares `sequences` of `pgq_gateway.queue_activity` with those before, without taking apart what is the same. */
export class SequenceScan {
  #entries: string[] = []

  /** What differs from the text before, entry by entry. A queue made or dropped shifts entries: then more differs. */
  read(sequences: string): ScannedSequence[] {
    const entries = sequences === '' ? [] : sequences.split(',')
    const differing = entries.filter((entry, index) => entry !== this.#entries[index])
    this.#entries = entries
    return differing.map((entry) => {
      const [queueId = '', eventSeq = ''] = entry.split(' ')
      return { queueId: Number(queueId), eventSeq }
    })
  }

  /** Of the last text. */
  get count(): number {
    return this.#entries.length
  }
}
