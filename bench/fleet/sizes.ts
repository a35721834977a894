function size(name: string, byDefault: number): number {
  return Number(process.env[name] ?? byDefault)
}

/** Sizes of all questions, each a variable of the environment. See README.md. */
export const sizes = {
  databases: size('DATABASES', 256),
  connectionsPerRole: size('CONNECTIONS_PER_ROLE', 2),
  /** Time for idle queues to tick as rarely as they ever will. */
  settleSeconds: size('SETTLE_SECONDS', 120),
  seconds: size('SECONDS', 30),
  sources: size('SOURCES', 64),
  /** Events of each busy source, and of a batch. */
  events: size('EVENTS', 10_000),
  batch: size('BATCH', 500),
  rounds: size('ROUNDS', 3),
  eventsPerSecond: size('EVENTS_PER_SECOND', 100),
  kills: size('KILLS', 200),
}
