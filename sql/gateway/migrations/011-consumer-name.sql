-- Registrations under one name wait for each other on one of these rows (_lock_consumer_name), which no stranger can lock. An
-- advisory lock could be taken by any role that may connect.
create table pgq_gateway.consumer_name (slot int4 primary key);
insert into pgq_gateway.consumer_name (slot) select generate_series(0, 255);
