import type pg from 'pg'
import { PgqError } from '../errors.ts'

/**
 * Checks that all in the schemas of PgQ belongs to whom this login trusts anyway: itself and the roles that it is a member
 * of, superusers, and the owner of the database if schema pgq is theirs. The owner of a function, a table or a view
 * decides what runs with the rights of whoever uses it, and a schema may have been prepared before PgQ came. It reads
 * the system catalog alone.
 *
 * @throws PgqError `FORBIDDEN` where another role owns an object there, or may create one.
 */
export async function checkOwners(client: pg.ClientBase): Promise<void> {
  const { rows } = await client.query<Stranger>(strangersQuery)
  const [stranger] = rows
  if (stranger) throw new PgqError('FORBIDDEN', describe(stranger))
}

interface Stranger {
  /** What it owns, such as `schema` and `pgq_gateway`. */
  kind: string
  name: string
  role: string
  login: string
  /** The role is no owner, but may create objects in the schema. */
  mayCreate: boolean
}

function describe({ kind, name, role, login, mayCreate }: Stranger): string {
  if (mayCreate)
    return `${role} may create in schema ${name} what ${login} would run. Ask its owner for: revoke create on schema ${name} from ${role}.`
  if (kind !== 'schema')
    return (
      `The ${kind} ${name} belongs to ${role}, who decides what ${login} runs there. Drop it; or, if it is meant to be there, ` +
      'let the owner of the schema own it.'
    )
  return (
    `Schema ${name} belongs to ${role}, who could replace what ${login} installs or runs there. Install as ${role}; ` +
    'or, if the schema is not meant to be there, drop it first.'
  )
}

const strangersQuery = `
  with recursive own (role) as (
          select oid from pg_roles where rolname = current_user
           union
          -- pg_has_role would not do: a superuser counts there as a member of every role.
          select m.roleid from pg_auth_members m join own on own.role = m.member),
        home as (
          select oid, nspname, nspowner, nspacl from pg_namespace
           where nspname in ('pgq', 'pgq_coop', 'pgq_ext', 'pgq_gateway')),
        trusted (role) as (
          select role from own
           union
          select oid from pg_roles where rolsuper
           union
          select d.datdba from pg_database d join home on home.nspname = 'pgq' and home.nspowner = d.datdba
           where d.datname = current_database()),
        owned (rank, catalog, id, owner) as (
          select 1, 'pg_namespace'::regclass, oid, nspowner from home
           union all
          select 2, 'pg_class'::regclass, oid, relowner from pg_class
           where relnamespace in (select oid from home) and relkind in ('r', 'p', 'v', 'm', 'f', 'S')
           union all
          select 3, 'pg_proc'::regclass, oid, proowner from pg_proc where pronamespace in (select oid from home)
           union all
          select 4, 'pg_operator'::regclass, oid, oprowner from pg_operator where oprnamespace in (select oid from home)
           union all
          select 5, 'pg_type'::regclass, oid, typowner from pg_type where typnamespace in (select oid from home)),
        stranger (rank, kind, name, role, may_create) as (
          select o.rank, i.type, i.identity, o.owner, false
            from owned o cross join lateral pg_identify_object(o.catalog, o.id, 0) i
           where o.owner not in (select role from trusted)
           union all
          select 6, 'schema', quote_ident(h.nspname), a.grantee, true
            from home h cross join lateral aclexplode(h.nspacl) a
           where a.privilege_type = 'CREATE' and a.grantee not in (select role from trusted))
  select kind, name, coalesce(nullif(role, 0)::regrole::text, 'public') as role, current_user::text as login,
         may_create as "mayCreate"
    from stranger
   order by rank, name
   limit 1`
