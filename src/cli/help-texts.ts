export const programHelp = `
Examples:
  pgq-graphql serve                                   everything, with an embedded PostgreSQL
  pgq-graphql serve --database-url postgresql://…     on a database of yours
  pgq-graphql install --database-url postgresql://…   only put PgQ in place; --dry-run shows the plan
  pgq-graphql uninstall --database-url postgresql://… what it would drop; --yes does it
  pgq-graphql status                                  what is wrong, then queues and consumers as tables
  pgq-graphql doctor                                  what is wrong, and what mends it
  pgq-graphql top                                     queues and consumers live; also queues, consumers, move-consumer
  pgq-graphql tail orders                             events as they come; also events, event, publish, dead-letters
  pgq-graphql reload                                  read the --config file of a running "serve" again
  pgq-graphql key create --help                       API keys

Settings come from flags, else the environment, else --config file.json, else defaults.
"pgq-graphql <command> --help" lists them; "--print-config" shows the result.

Exit codes: 0 done, 1 failed, 2 wrong use; 130 or 143 when a second signal cut it short.`

export const serveHelp = `
Examples:
  pgq-graphql serve --port 4100 --data-dir /var/lib/pgq-graphql
  DATABASE_URL=postgresql://app@db/app pgq-graphql serve --no-ticker
  pgq-graphql serve --config gateway.json --print-config

  pgq-graphql serve --host 0.0.0.0 --keys-file keys.json

Only this machine can reach the API unless --host says otherwise. Then the gateway must know who asks: by keys (--keys-file), or
tokens ("auth": {"jwt": […]} in the --config file); or be told that the network is trusted
(--allow-unauthenticated-remote). Ctrl-C once ends in order, twice at once.`

export const doctorHelp = `
Each finding says what is wrong, why that matters, and what mends it; docs/diagnosis.md has the list. It looks at ticks, queues,
consumers, transactions, notices, limits and settings of the server, clocks, schemas and rights. Logins need pgq_admin.

Exit codes: 0 nothing is wrong, or remarks alone; 1 warnings; 2 errors.

Examples:
  pgq-graphql doctor --database-url postgresql://…
  pgq-graphql doctor --json | jq -r '.databases[].findings[] | .severity + " " + .what'`

export const completionHelp = `
Names of queues and consumers are those of the database or gateway that the line so far names, where that answers at once.

Examples:
  source <(pgq-graphql completion bash)                                             in ~/.bashrc
  source <(pgq-graphql completion zsh)                                              in ~/.zshrc, after compinit
  pgq-graphql completion fish > ~/.config/fish/completions/pgq-graphql.fish`

export const reloadHelp = `
Databases that are new in the file are added, those that differ connect anew, and those that are gone are served no more: their streams
end with NOT_FOUND. Nothing else is touched. A file with a mistake changes nothing, and the mistake is shown. Where the server knows its
callers, the variable PGQ_KEY has the secret of a key with the grant admin. On the machine itself SIGHUP does the same.

Examples:
  pgq-graphql reload
  PGQ_KEY=… pgq-graphql reload --url https://pgq.example.com/graphql`

export const installHelp = `
Repair: PgQ tells by transaction ids which events a tick covers. Restored into a server that has counted less far, such as
a new one, a dump has ids that are ahead of the server's: nothing is ticked, and "serve" is not ready and says so. --repair
gives ticks and events ids of this server, in the same order, and raises sequences that a dump of the extension
pgq leaves out. It needs the rights of the owner of schema pgq. It runs in one transaction, while producers, consumers
and tickers wait for it; they may all stay connected. With nothing to repair it says so and changes nothing.

Every event that a consumer has not finished comes, once, in the batch that it belongs to; what was published since the restore
comes with the next tick. These may come again, to those who finished them: where the server had already counted further
than the lowest ids in the dump, retried events with such ids, and events inserted in the instant of the last tick.

Examples:
  pgq-graphql install --database-url postgresql://… --dry-run
  pgq-graphql install --config gateway.json --only 'shard_*'`

export const uninstallHelp = `
Dropped are schema pgq_gateway, with dead letters and event types, and the trigger on pgq.tick. PgQ stays, with queues and
consumers, and works on in SQL; so does pgq_coop. With --with-engine those schemas go, too, that "install" has made: pgq
with every queue, pgq_coop and pgq_ext. Roles stay, because other databases of the server may use them.

Objects of yours that depend on what would be dropped, such as views, and triggers of your tables, are named, and then nothing
is dropped; so are tables and functions of yours in these schemas. What you have put on PgQ's own tables goes with them, and is named:
triggers, rules, policies, statistics, publications.
"install" puts everything back in place, but not what was in it.

Examples:
  pgq-graphql uninstall --database-url postgresql://…         what would go, and what would stay
  pgq-graphql uninstall --database-url postgresql://… --yes   drop it`

export const keyHelp = `
Examples:
  pgq-graphql key create --keys-file keys.json --name billing --grant publish:main/orders --expires 90d
  pgq-graphql key list --keys-file keys.json
  pgq-graphql key revoke --keys-file keys.json billing

The keys file is that of "serve --keys-file". It holds hashes alone; gateways read it again within a second of a change.`

export const grantHelp = `
A grant is VERB[:DATABASE[/QUEUE[/CONSUMER]]]. * stands for any run of characters, what is left out for everything; other characters
may be percent-encoded. VERB is one of
  stats    names, configuration and statistics; no events
  read     stats, and events: tail, ticks, dead letters, batches as others have them open
  publish  insert events
  consume  register as that consumer or a member of it, open, settle, its own dead letters
  manage   configure the queue, event types, dead letters, consumers of others, tick
  admin    everything

Examples:
  pgq-graphql key create --keys-file keys.json --name billing --grant consume:main/orders/billing --grant publish:main/invoices
  pgq-graphql key create --keys-file keys.json --name grafana --grant stats --expires never
  KEY=$(pgq-graphql key create --keys-file keys.json --name ci --grant 'publish:main/ci_*' --expires 12h)`

export const tickerHelp = `
Of several, one ticks a database; another takes over when it is gone. Ctrl-C once ends in order.

Examples:
  pgq-graphql ticker --database-url postgresql://…
  pgq-graphql ticker --config gateway.json --only 'shard_*'`

export const statusHelp = `
Begins with what is wrong; tables have the worst first. Exit codes: 0 whatever is wrong, 1 where the state cannot be read.

Examples:
  pgq-graphql status --database-url postgresql://…
  pgq-graphql status --json | jq -r '.databases[].problems[]'`
