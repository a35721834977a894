"""What python3-pgq's Consumer takes for so many events: the time from its first batch to the end of its last, on stdout."""
import sys
import time

import pgq

events = int(sys.argv[1])


class Counter(pgq.Consumer):
    seen = 0
    started_at = None

    def process_event(self, db, ev):
        if ev.ev_data is not None:
            self.seen += 1

    def work(self):
        if self.started_at is None:
            self.started_at = time.perf_counter()
        result = super().work()
        if self.seen >= events:
            print(self.seen, time.perf_counter() - self.started_at, flush=True)
            self.stop()
        return result


Counter("counter", "db", sys.argv[2:]).start()
