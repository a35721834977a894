// These are the classes of the advisory locks, which is the first of their two keys. SQL names those that it shares in
// functions such as pgq_gateway._tick_lock_class.

/** Lets one ticker at a time work on a queue: "pgqt", with the queue's id. The installer takes it with 0. */
export const tickLockClass = 0x70677174
/** Shows that a gateway lives: "pgqg", with the gateway's id. */
export const aliveLockClass = 0x70677167
/** Lets one session tick a database: "pgql", with 0. */
export const leaderLockClass = 0x7067716c
