import type { Verb } from '../../src/access/grant.ts'

/** Who asks: with one verb, on one part of what there is. */
export interface Asker {
  name: string
  grants: readonly string[]
  verb: Verb | null
  /** Where the grant is for: the queue that is attacked, one of its groups of consumers, its events of a kind, or elsewhere. */
  at: 'everything' | 'queue' | 'consumer' | 'events' | 'other queue' | 'other database' | 'nothing'
}

const verbs: readonly Verb[] = ['stats', 'read', 'publish', 'consume', 'manage', 'admin']

export const askers: readonly Asker[] = [
  { name: 'nobody', grants: [], verb: null, at: 'nothing' },
  ...verbs.flatMap((verb): Asker[] => [
    { name: `${verb} on the queue`, grants: [`${verb}:main/canary_queue`], verb, at: 'queue' },
    { name: `${verb} for a consumer`, grants: [`${verb}:main/canary_queue/canary_c*`], verb, at: 'consumer' },
    { name: `${verb} on another queue`, grants: [`${verb}:main/plain_queue`], verb, at: 'other queue' },
  ]),
  { name: 'tenant', grants: ['read:main/canary_queue?extra1=mine'], verb: 'read', at: 'events' },
  { name: 'admin of another database', grants: ['admin:second'], verb: 'admin', at: 'other database' },
  { name: 'admin', grants: ['admin'], verb: 'admin', at: 'everything' },
]

/** A place of the attacked database: something in the queue, the whole of it, one of its consumers, or the database. */
export type Level = 'something' | 'queue' | 'consumer' | 'database'

/** What one field needs, written down here a second time: not read from the schema, which is on trial. */
export interface Rule {
  /** One of them suffices. */
  verbs: readonly Verb[] | 'any'
  at: Level
  /** Whether it is also given to who may read the log by conditions on its events. */
  isOfLog?: true
  /** How a caller without is refused: it depends on whether the place may be seen by default. */
  refusal?: 'hidden' | 'forbidden' | undefined
  /** What shows that there is such a thing; by default to see the place. */
  shownBy?: { verbs: readonly Verb[] | 'any'; at: Level }
}

export type Outcome = 'given' | 'hidden' | 'forbidden'

function has({ verb, at }: Asker, verbs: readonly Verb[] | 'any', level: Level): boolean {
  const covers =
    verbs === 'any' ||
    verb === 'admin' ||
    verbs.some(
      (needed) =>
        needed === verb || (needed === 'stats' && ['read', 'consume', 'manage'].includes(verb ?? '')),
    )
  const places: Record<Level, readonly Asker['at'][]> = {
    something: ['everything', 'queue', 'consumer', ...(verbs === 'any' ? (['events'] as const) : [])],
    consumer: ['everything', 'queue', 'consumer'],
    queue: ['everything', 'queue'],
    database: ['everything'],
  }
  return verb !== null && covers && places[level].includes(at)
}

/** What a caller gets of a thing with these rules, all of which must be met. */
export function outcomeOf(asker: Asker, rules: Rule | readonly Rule[]): Outcome {
  const outcomes = [rules].flat().map((rule) => outcomeOfOne(asker, rule))
  return outcomes.find((outcome) => outcome !== 'given') ?? 'given'
}

function outcomeOfOne(asker: Asker, rule: Rule): Outcome {
  if (rule.isOfLog && asker.at === 'events') return 'given'
  if (has(asker, rule.verbs, rule.at)) return 'given'
  // Nothing of a database is there for who may do nothing in it.
  if (['nothing', 'other database'].includes(asker.at)) return 'hidden'
  if (rule.refusal) return rule.refusal
  if (rule.shownBy) return has(asker, rule.shownBy.verbs, rule.shownBy.at) ? 'forbidden' : 'hidden'
  if (!seesQueue(asker)) return 'hidden'
  return rule.at !== 'consumer' || has(asker, ['stats'], 'consumer') ? 'forbidden' : 'hidden'
}

export const seesQueue = (asker: Asker): boolean => has(asker, 'any', 'something')

const anything: Rule = { verbs: 'any', at: 'something', refusal: 'hidden' }
const manage: Rule = { verbs: ['manage'], at: 'queue' }
const admin: Rule = { verbs: ['admin'], at: 'queue' }
const adminOfAll: Rule = { verbs: ['admin'], at: 'database', refusal: 'forbidden' }
const publish: Rule = { verbs: ['publish'], at: 'queue' }
const register: Rule = { verbs: ['consume', 'manage'], at: 'consumer', refusal: 'forbidden' }
const settle: Rule = { verbs: ['consume'], at: 'consumer', shownBy: { verbs: ['read'], at: 'consumer' } }
const ofBatch: Rule = { verbs: ['read', 'consume'], at: 'consumer', refusal: 'hidden' }
const letters: Rule = {
  verbs: ['consume', 'manage'],
  at: 'consumer',
  shownBy: { verbs: ['read'], at: 'consumer' },
}

/** What fields of the roots need for what they are given: names of the queue, its consumer, its batches and so on. */
export const roots: Readonly<Record<string, Rule>> = {
  'Query.queue': anything,
  'Query.consumer': { verbs: ['stats'], at: 'consumer', refusal: 'hidden' },
  'Query.consumers': anything,
  'Query.batch': ofBatch,
  'Query.deadLetters': {
    verbs: ['read', 'consume'],
    at: 'something',
    shownBy: { verbs: 'any', at: 'something' },
  },
  'Query.deadLetterGroups': {
    verbs: ['read', 'consume'],
    at: 'something',
    shownBy: { verbs: 'any', at: 'something' },
  },
  'Query.events': { verbs: ['read'], at: 'queue' },
  'Query.event': { verbs: ['read'], at: 'queue' },
  'Query.eventType': anything,
  'Query.diagnose': { verbs: ['manage'], at: 'database', refusal: 'forbidden' },
  'Query.eventTypes': anything,
  'Mutation.createQueue': { ...admin, refusal: 'forbidden' },
  'Mutation.dropQueue': admin,
  'Mutation.setQueueConfig': manage,
  'Mutation.tick': manage,
  'Mutation.pauseTicker': manage,
  'Mutation.resumeTicker': manage,
  'Mutation.registerEventType': manage,
  'Mutation.removeEventType': manage,
  'Mutation.insertEvent': publish,
  'Mutation.insertEvents': publish,
  'Mutation.registerConsumer': register,
  'Mutation.registerSubconsumer': register,
  'Mutation.unregisterConsumer': { verbs: ['consume', 'manage'], at: 'consumer' },
  'Mutation.unregisterSubconsumer': { verbs: ['consume', 'manage'], at: 'consumer' },
  'Mutation.moveConsumer': { verbs: ['manage'], at: 'consumer' },
  'Mutation.nextBatch': { verbs: ['consume'], at: 'consumer' },
  'Mutation.nextCoopBatch': { verbs: ['consume'], at: 'consumer', refusal: 'forbidden' },
  'Mutation.finishBatch': settle,
  'Mutation.touchBatch': settle,
  'Mutation.retryBatch': settle,
  'Mutation.retryEvent': settle,
  'Mutation.failEvent': settle,
  'Mutation.stageSettlement': settle,
  'Mutation.requeueDeadLetters': letters,
  'Mutation.deleteDeadLetters': letters,
  'Mutation.requeueAllDeadLetters': { verbs: ['consume', 'manage'], at: 'queue' },
  'Mutation.deleteAllDeadLetters': { verbs: ['consume', 'manage'], at: 'queue' },
  'Mutation.cancelDeadLetterJob': letters,
  'Mutation.pauseMover': adminOfAll,
  'Mutation.resumeMover': adminOfAll,
  'Mutation.resetMover': adminOfAll,
  'Subscription.ticks': { verbs: ['read'], at: 'queue' },
  'Subscription.tail': { verbs: ['read'], at: 'queue', isOfLog: true },
  'Subscription.batchAvailable': { verbs: ['stats'], at: 'consumer' },
  'Subscription.deadLetterJob': { verbs: ['read', 'consume', 'manage'], at: 'consumer', refusal: 'hidden' },
  'Subscription.batches': { verbs: ['consume'], at: 'consumer' },
}

/** What else is needed where these are given all that they take: events to publish, a queue that limits a choice. */
export const rootsWithMore: Readonly<Record<string, readonly Rule[]>> = {
  'Mutation.finishBatch': [publish, settle],
  'Mutation.stageSettlement': [publish, settle],
  'Mutation.requeueDeadLetters': [anything, letters],
  'Mutation.deleteDeadLetters': [anything, letters],
  'Mutation.requeueAllDeadLetters': [{ verbs: ['consume', 'manage'], at: 'consumer' }],
  'Mutation.deleteAllDeadLetters': [{ verbs: ['consume', 'manage'], at: 'consumer' }],
}

/** Mutations that must be given more than their types say. */
export const needMore = [
  'Mutation.moveConsumer',
  'Mutation.retryEvent',
  'Mutation.requeueDeadLetters',
  'Mutation.deleteDeadLetters',
]

/** Types of nodes, by id. */
export const nodes: Readonly<Record<string, Rule>> = {
  Queue: anything,
  Consumer: { verbs: ['stats'], at: 'consumer', refusal: 'hidden' },
  Batch: ofBatch,
  DeadLetter: ofBatch,
  EventType: anything,
  Tick: { verbs: ['read'], at: 'queue', refusal: 'hidden' },
}

/** Roots whose answers depend on no name that is given: they list what the caller may see. */
export const lists = [
  'Query.databases',
  'Query.queues',
  'Query.me',
  'Query.movers',
  'Query.deadLetterJobs',
  'Subscription.queueStats',
  'Subscription.consumerStats',
  'Subscription.moverStats',
]

/** Roots that change which databases there are; `test/api/administration.test.ts` tells who may. */
export const administration = [
  'Mutation.addDatabase',
  'Mutation.removeDatabase',
  'Mutation.reloadConfiguration',
]

/** For fields that are given along with their object. */
const along = 'along'
const stats: Rule = { verbs: ['stats'], at: 'queue' }
const statsOfAll: Rule = { verbs: ['stats'], at: 'database', refusal: 'forbidden' }
const currentBatch: Rule = { verbs: ['read', 'consume'], at: 'consumer' }

function all<Value>(names: string, value: Value): Record<string, Value> {
  return Object.fromEntries(names.split(' ').map((name) => [name, value]))
}

/** What the fields of objects need beyond their object. */
export const fields: Readonly<Record<string, Readonly<Record<string, Rule | typeof along>>>> = {
  Queue: {
    ...all('id name database consumers eventTypes', along),
    ...all(
      'tableCount currentTable currentEventTable rotationPeriodSeconds switchTime externalTicker',
      stats,
    ),
    ...all('tickerPaused tickerMaxCount tickerMaxLagSeconds tickerIdlePeriodSeconds tickerLagSeconds', stats),
    ...all('tickOverdueSeconds currentEventsPerSecond eventsPerSecond newEvents', stats),
    lastTickId: { ...stats, isOfLog: true },
    ...all('retryCount deadLetterCount rotationBlockedBy rotationBlocker eventTableBytes history', stats),
    ticks: { verbs: ['read'], at: 'queue' },
  },
  Consumer: {
    ...all('id name queue connected cooperative lagSeconds lastSeenSeconds lastTick nextTick', along),
    ...all('oldestPendingSeconds openBatchSeconds pendingEvents subconsumers history catchUpSeconds', along),
    currentBatch,
  },
  ConsumerSample: all('time lagSeconds oldestPendingSeconds pendingEvents', along),
  QueueSample: all('time seconds events eventsPerSecond ticksPerSecond', along),
  RotationBlocker: all('kind consumer session since heldTables heldBytes message', along),
  Subconsumer: { ...all('name fullName activeSeconds', along), currentBatch },
  Batch: {
    ...all('id batchId queue consumerName leaseToken startTime endTime prevTickId tickId lagSeconds', along),
    ...all('seqStart seqEnd eventPage events', along),
  },
  DeadLetter: all('id deadLetterId queue consumerName reason failedAt event', along),
  DeadLetterGroups: all('groups others total', along),
  DeadLetterGroup: all('queueName consumerName reason type count oldest newest', along),
  DeadLetterJob: all(
    'id database action queueName consumerName state total done failed startedBy startedAt endedAt error',
    along,
  ),
  AllDeadLettersPayload: all('count job', along),
  CancelDeadLetterJobPayload: all('job', along),
  Event: all('eventId time txid retry type data json extra1 extra2 extra3 extra4', along),
  EventPage: all('events hasNextPage endCursor', along),
  EventSearchConnection: all('edges nodes pageInfo searchedTo complete', along),
  EventSearchEdge: all('cursor node', along),
  EventSearchPosition: all('eventId time', along),
  EventTrace: all('eventId event tick consumers', along),
  ConsumerOfEvent: all('consumerName state batchId retryAt retryCount deadLetterId reason failedAt', along),
  EventType: all('id queue type version schema enforced registeredAt versions', along),
  EventTypeVersion: all('version schema registeredAt', along),
  Tick: all('id tickId queue time eventSeq', along),
  Database: all('name engine pgqVersion pgqCoopVersion postgresVersion ticker queues', along),
  TickerStatus: {
    ...all('state madeBy foreignTicker', along),
    overdueQueueCount: statsOfAll,
    lastError: statsOfAll,
  },
  Finding: all('check severity subject queue consumer what why remedy sql command', along),
  Caller: all('name grants expiresAt may', along),
  Mover: all('name database queue queueBy subject consumer paused reason sources', along),
  MoverSource: all(
    'database queue state reason lagSeconds pendingEvents eventsMoved movedAt lastTickId',
    along,
  ),
  MoverPayload: all('changed mover', along),
  ResetMoverPayload: all('sources mover', along),
  PageInfo: all('hasNextPage hasPreviousPage startCursor endCursor', along),
  ...Object.fromEntries(
    ['Queue', 'Consumer', 'DeadLetter', 'Tick'].flatMap((type) => [
      [`${type}Connection`, all('edges nodes pageInfo', along)],
      [`${type}Edge`, all('cursor node', along)],
    ]),
  ),
  Gap: all('fromTick toTick reason', along),
  TickBatch: all('tickId prevTickId time events isComplete', along),
  BatchAvailability: all('consumer tickId', along),
  AddDatabasePayload: all('database', along),
  RemoveDatabasePayload: all('removed', along),
  ReloadConfigurationPayload: all('added changed removed movers waiting', along),
  MoverChanges: all('added changed removed', along),
  CreateQueuePayload: all('created queue', along),
  DropQueuePayload: all('dropped', along),
  SetQueueConfigPayload: all('queue', along),
  QueuePayload: all('queue', along),
  TickPayload: all('tickId', along),
  InsertEventPayload: all('eventId', along),
  InsertEventsPayload: all('eventIds', along),
  RegisterConsumerPayload: all('registered consumer', along),
  RegisterSubconsumerPayload: all('registered consumer', along),
  MoveConsumerPayload: all('fromTick toTick skippedEvents repeatedEvents consumer', along),
  UnregisterConsumerPayload: all('unregisteredCount', along),
  UnregisterSubconsumerPayload: all('unregistered', along),
  NextBatchPayload: all('batch', along),
  FinishBatchPayload: all('finished', along),
  TouchBatchPayload: all('touched', along),
  RetryBatchPayload: all('eventCount', along),
  RetryEventPayload: all('retried', along),
  FailEventPayload: all('deadLetter', along),
  StageSettlementPayload: all('staged', along),
  RequeueDeadLettersPayload: all('requeuedCount', along),
  DeleteDeadLettersPayload: all('deletedCount', along),
  RegisterEventTypePayload: all('eventType created', along),
  RemoveEventTypePayload: all('removed', along),
}
