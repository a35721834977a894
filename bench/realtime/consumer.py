"""A consumer on unmodified python3-pgq with its defaults: prints the id of each event and when it came."""
import sys
import time

import pgq


class Consumer(pgq.Consumer):
    def process_event(self, db, ev):
        print(ev.ev_id, time.time() * 1000, flush=True)
        ev.tag_done()


Consumer("bench", "db", sys.argv[1:]).start()
