"""A consumer as PgQ's users write them, on the unmodified python3-pgq: prints each event, retries type "again" once."""
import sys

import pgq


def show(ev):
    print("event", ev.ev_id, ev.ev_type, ev.ev_data, ev.ev_extra1, ev.retry, flush=True)
    if ev.ev_type == "again" and not ev.retry:
        ev.tag_retry(0)


class Plain(pgq.Consumer):
    def process_event(self, db, ev):
        show(ev)


class Coop(pgq.CoopConsumer):
    def process_event(self, db, ev):
        show(ev)


kind = {"plain": Plain, "coop": Coop}[sys.argv[1]]
kind(sys.argv[1], "db", sys.argv[2:]).start()
