-- Lets a gateway live behind a pooler that shares sessions, where no session stands for it.
alter table pgq_gateway.gateway
    -- No session stands for the gateway where this is null.
    alter column pid drop not null,
    -- A sign of life without a session proves by this that it comes from the gateway. Each life has another one.
    add column life uuid,
    -- Login of the gateway, which alone may begin its life anew while it lives.
    add column login name;
update pgq_gateway.gateway g set login = a.usename from pg_catalog.pg_stat_activity a where a.pid = g.pid;
