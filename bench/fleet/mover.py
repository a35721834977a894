"""Moves a queue into another database with python3-pgq's remote consumer, a batch in one transaction of the target."""
import sys

import pgq

FIELDS = ["ev_time", "ev_type", "ev_data", "ev_extra1", "ev_extra2", "ev_extra3", "ev_extra4"]


class Mover(pgq.RemoteConsumer):
    def process_remote_batch(self, db, batch_id, event_list, dst_db):
        rows = []
        for ev in event_list:
            rows.append([ev.time, ev.type, ev.data, ev.extra1, ev.extra2, ev.extra3, ev.extra4])
            ev.tag_done()
        pgq.bulk_insert_events(dst_db.cursor(), rows, FIELDS, self.cf.get("target_queue"))


Mover("mover", "source", "target", sys.argv[1:]).start()
