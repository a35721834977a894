"""Inserts one event and then many by COPY, through the unmodified python3-pgq."""
import sys

import pgq
import psycopg2

with psycopg2.connect(sys.argv[1]) as connection:
    cursor = connection.cursor()
    print("inserted", pgq.insert_event(cursor, "q", "single", "data", "extra"))
    rows = [["2020-01-01 00:00:00+00", "bulk", "row %d" % i] for i in range(1000)]
    pgq.bulk_insert_events(cursor, rows, ["ev_time", "ev_type", "ev_data"], "q")
connection.close()
