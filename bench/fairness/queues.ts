/** Queues whose consumers are busy. */
export const busyQueues = Array.from({ length: 20 }, (_, n) => `busy ${n}`)
export const CONSUMERS_PER_BUSY_QUEUE = 10

/** Consumers of the queue whose table is locked. */
export const LOCKED_CONSUMERS = Array.from({ length: 20 }, (_, n) => `c${n}`)
