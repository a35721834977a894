/** PostgreSQL's txid_snapshot, which tells what transactions had ended when it was taken. */
export interface Snapshot {
  xmin: bigint
  xmax: bigint
  /** Transactions in progress, ascending, all in [xmin, xmax). */
  inProgress: ReadonlySet<bigint>
}

/** @param text `xmin:xmax:xip,xip,…` */
export function parseSnapshot(text: string): Snapshot {
  const [xmin = '', xmax = '', inProgress = ''] = text.split(':')
  return {
    xmin: BigInt(xmin),
    xmax: BigInt(xmax),
    inProgress: new Set(inProgress ? inProgress.split(',').map(BigInt) : []),
  }
}

export function hasEnded(txid: bigint, snapshot: Snapshot): boolean {
  return txid < snapshot.xmin || (txid < snapshot.xmax && !snapshot.inProgress.has(txid))
}
