/**
 * Class of an advisory lock, which is the first of its two keys, that lets one ticker at a time work on a queue: "pgqt",
 * with the queue's id. SQL names it in `pgq_gateway._tick_lock_class`. The installer takes it with 0.
 */
export const tickLockClass = 0x70677174
