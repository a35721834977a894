-- Names the columns of type event for a query text.
-- Grant: nobody
create or replace function pgq_gateway._event_columns()
returns text
language sql immutable parallel safe
as $$
    select 'ev_id, ev_time, ev_txid, ev_retry, ev_type, ev_data, ev_extra1, ev_extra2, ev_extra3, ev_extra4'
$$;
