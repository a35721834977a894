// Classes of the advisory locks, the first of their two keys. SQL has those that it shares in functions of the same name.

/** One ticker at a time per queue: "pgqt", with the queue's id. The installer takes it with 0. */
export const tickLockClass = 0x70677174
/** A gateway lives: "pgqg", with the gateway's id. */
export const aliveLockClass = 0x70677167
/** One session ticks a database: "pgql", with 0. */
export const leaderLockClass = 0x7067716c
