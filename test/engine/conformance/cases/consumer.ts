import { type ConformanceCase, next, opened, queue, subscribed, subscriptions, tick } from '../case.ts'

const info =
  'select queue_name, consumer_name, lag is null, last_seen is null, last_tick, current_batch, next_tick from pgq.get_consumer_info'

export const consumerCases: ConformanceCase[] = [
  {
    id: 'register-consumer/returns-1-then-0',
    steps: [
      ...subscribed,
      "select pgq.register_consumer('q', 'c')",
      subscriptions,
      'select sub_active is null from pgq.subscription',
    ],
  },
  {
    id: 'register-consumer/refuses-unknown-queue-and-null',
    steps: [
      ...queue,
      "select pgq.register_consumer('nope', 'c')",
      "select pgq.register_consumer(null, 'c')",
      "select pgq.register_consumer('q', null)",
    ],
  },
  {
    id: 'register-consumer/refuses-a-queue-without-ticks',
    steps: [
      ...queue,
      'delete from pgq.tick',
      "select pgq.register_consumer('q', 'c')",
      'select count(*) from pgq.consumer',
    ],
  },
  {
    id: 'register-consumer/takes-odd-names',
    steps: [
      ...queue,
      ...['', "it's", 'a.b.c', '🐘', 'x'.repeat(1000)].map(
        (name) => `select pgq.register_consumer('q', $q$${name}$q$)`,
      ),
      subscriptions,
    ],
  },
  {
    id: 'register-consumer-at/moves-a-consumer-and-closes-its-batch',
    steps: [
      ...opened,
      "select pgq.register_consumer_at('q', 'c', 2)",
      subscriptions,
      'select pgq.finish_batch(1)',
      "select pgq.register_consumer_at('q', 'c', 1)",
      next,
      subscriptions,
    ],
  },
  {
    id: 'register-consumer-at/refuses-a-missing-tick',
    steps: [...queue, "select pgq.register_consumer_at('q', 'c', 99)", 'select count(*) from pgq.consumer'],
  },
  {
    id: 'register-consumer-at/starts-a-new-consumer-there',
    steps: [...queue, tick, tick, "select pgq.register_consumer_at('q', 'c', 2)", subscriptions],
  },
  {
    id: 'unregister-consumer/removes-subscription-retries-and-name',
    steps: [
      ...opened,
      'select pgq.batch_retry(1, 0)',
      "select pgq.unregister_consumer('q', 'c')",
      "select pgq.unregister_consumer('q', 'c')",
      'select (select count(*) from pgq.retry_queue), (select count(*) from pgq.consumer)',
    ],
  },
  {
    id: 'unregister-consumer/keeps-the-name-while-subscribed-elsewhere',
    steps: [
      ...subscribed,
      "select pgq.create_queue('r')",
      "select pgq.register_consumer('r', 'c')",
      "select pgq.unregister_consumer('q', 'c')",
      'select co_name from pgq.consumer',
    ],
  },
  {
    id: 'unregister-consumer/gives-0-for-unknown-and-null',
    steps: [
      ...subscribed,
      "select pgq.unregister_consumer('q', 'nope')",
      "select pgq.unregister_consumer('nope', 'c')",
      'select pgq.unregister_consumer(null, null)',
    ],
  },
  {
    id: 'get-consumer-info/answers-for-one-all-and-none',
    steps: [
      ...opened,
      "select pgq.create_queue('a')",
      "select pgq.register_consumer('a', 'z')",
      "select pgq.register_consumer('a', 'b')",
      `${info}()`,
      `${info}('a')`,
      `${info}('a', 'b')`,
      `${info}(null, 'c')`,
      `${info}(null)`,
      `${info}('nope')`,
    ],
  },
  {
    id: 'get-consumer-info/shows-null-where-the-tick-is-gone',
    steps: [
      ...subscribed,
      tick,
      'delete from pgq.tick where tick_id = 1',
      'select lag, last_tick, pending_events from pgq.get_consumer_info()',
    ],
  },
]

export const coopCases: ConformanceCase[] = [
  {
    id: 'coop/register-returns-1-then-0',
    steps: [
      ...queue,
      "select pgq_coop.register_subconsumer('q', 'm', 's')",
      "select pgq_coop.register_subconsumer('q', 'm', 's')",
      subscriptions,
    ],
  },
  {
    id: 'coop/register-refuses-unknown-queue-and-null',
    steps: [
      ...queue,
      "select pgq_coop.register_subconsumer('nope', 'm', 's')",
      "select pgq_coop.register_subconsumer('q', 'm', null)",
      "select pgq_coop.register_subconsumer('q', null, 's')",
    ],
  },
  {
    id: 'coop/next-batch-registers-and-shares',
    steps: [
      ...queue,
      tick,
      "select pgq_coop.next_batch('q', 'm', 'a')",
      "select pgq_coop.next_batch('q', 'm', 'b')",
      tick,
      tick,
      "select pgq_coop.next_batch('q', 'm', 'a')",
      "select pgq_coop.next_batch('q', 'm', 'b')",
      "select pgq_coop.next_batch('q', 'm', 'a')",
      subscriptions,
      'select pgq_coop.finish_batch(1), pgq_coop.finish_batch(2), pgq_coop.finish_batch(2)',
      subscriptions,
    ],
  },
  {
    id: 'coop/refuses-while-the-main-consumer-has-a-batch',
    steps: [
      ...queue,
      "select pgq_coop.register_subconsumer('q', 'm', 's')",
      tick,
      "select pgq.next_batch('q', 'm')",
      "select pgq_coop.next_batch('q', 'm', 's')",
      'select pgq.finish_batch(1)',
      "select pgq_coop.next_batch('q', 'm', 's')",
    ],
  },
  {
    id: 'coop/takeover-keeps-the-batch-id',
    steps: [
      ...queue,
      "select pgq_coop.register_subconsumer('q', 'm', 'a')",
      tick,
      "select pgq_coop.next_batch('q', 'm', 'a')",
      "update pgq.subscription set sub_active = now() - interval '1 hour' where sub_batch is not null",
      "select pgq_coop.next_batch('q', 'm', 'b', '1 day')",
      "select pgq_coop.next_batch('q', 'm', 'b', '1 minute')",
      subscriptions,
    ],
  },
  {
    id: 'coop/unregister-refuses-an-open-batch-unless-closed',
    steps: [
      ...queue,
      "select pgq_coop.register_subconsumer('q', 'm', 'a')",
      "select pgq.insert_event('q', 't', 'd')",
      tick,
      "select pgq_coop.next_batch('q', 'm', 'a')",
      "select pgq_coop.unregister_subconsumer('q', 'm', 'a', 0)",
      "select pgq_coop.unregister_subconsumer('q', 'm', 'a', null)",
      "select pgq_coop.unregister_subconsumer('q', 'm', 'a', 1)",
      "select pgq_coop.unregister_subconsumer('q', 'm', 'a', 1)",
      'select ev_id, ev_retry from pgq.retry_queue',
    ],
  },
  {
    id: 'coop/refuses-names-that-collide',
    steps: [
      ...queue,
      "select pgq_coop.register_subconsumer('q', 'a.b', 'c')",
      "select pgq_coop.register_subconsumer('q', 'a', 'b.c')",
      "select pgq_coop.next_batch('q', 'a', 'b.c')",
      "select pgq_coop.next_batch('q', 'a.b', 'c')",
      "select pgq_coop.register_subconsumer('q', 'a.b.c', 'd')",
      "select pgq_coop.unregister_subconsumer('q', 'a', 'b.c', 1)",
    ],
  },
  {
    id: 'coop/finish-on-a-plain-batch-moves-the-consumer',
    steps: [...opened, 'select pgq_coop.finish_batch(1)', subscriptions],
  },
  {
    id: 'coop/unregister-main-removes-all',
    steps: [
      ...queue,
      "select pgq_coop.register_subconsumer('q', 'm', 'a')",
      "select pgq_coop.register_subconsumer('q', 'm', 'b')",
      "select pgq.unregister_consumer('q', 'm')",
      subscriptions,
    ],
  },
  {
    id: 'coop/unregister-main-frees-the-names-of-members',
    departure: '7.3: consumer rows of members do not leak',
    steps: [
      ...queue,
      "select pgq_coop.register_subconsumer('q', 'm', 'a')",
      "select pgq.unregister_consumer('q', 'm')",
      'select co_name from pgq.consumer',
    ],
  },
  {
    id: 'coop/unregister-main-with-a-batch-removes-all',
    departure: '7.2: the main consumer is told by name, not by its ticks',
    steps: [
      ...queue,
      "select pgq_coop.register_subconsumer('q', 'm', 'a')",
      tick,
      "select pgq.next_batch('q', 'm')",
      "select pgq.unregister_consumer('q', 'm')",
      subscriptions,
    ],
  },
  {
    id: 'coop/plain-finish-of-a-member-batch',
    departure: '7.2: the member stays a member',
    steps: [
      ...queue,
      "select pgq_coop.register_subconsumer('q', 'm', 'a')",
      tick,
      "select pgq_coop.next_batch('q', 'm', 'a')",
      'select pgq.finish_batch(1)',
      subscriptions,
    ],
  },
  {
    id: 'coop/plain-next-batch-of-an-idle-member-is-refused',
    steps: [
      ...queue,
      "select pgq_coop.register_subconsumer('q', 'm', 'a')",
      "select pgq.next_batch('q', 'm.a')",
    ],
  },
  {
    id: 'coop/next-batch-custom-obeys-limits',
    steps: [
      ...queue,
      tick,
      "select pgq_coop.next_batch_custom('q', 'm', 'a', null, null, null)",
      tick,
      "select pgq_coop.next_batch_custom('q', 'm', 'a', '1 hour', null, null)",
      "select pgq_coop.next_batch_custom('q', 'm', 'a', null, 1000, null)",
      "select pgq_coop.next_batch_custom('q', 'm', 'a', null, null, '0')",
    ],
  },
]
