import { readFile } from 'node:fs/promises'
import type pg from 'pg'

/** Something of schema `pgq_gateway` that builds name in their statements. */
export interface Offer {
  /** Statements read from a relation, and make rows of an input, whose columns stay the same therefore. */
  kind: 'function' | 'relation' | 'input'
  name: string
  /** Arguments of a function, in order, such as `i_queue text`; one that may be left out ends with `?`. */
  parameters: string[]
  /** Result of a function, or `columns`. */
  result: string
  /** Columns of a view, a composite type or a result, such as `queue_id integer`. */
  columns: string[]
}

/** An offer that builds rely on. */
export interface Promised extends Offer {
  line: string
  /** The last revision whose builds use it; undefined while this one's do. */
  until: number | undefined
}

/** Formats an offer as a line of `interface.txt`. */
export function format({ kind, name, parameters, result, columns }: Offer): string {
  const columnList = columns.length > 0 ? ` {${columns.join(', ')}}` : ''
  return kind === 'function'
    ? `function ${name}(${parameters.join(', ')}) returns ${result}${columnList}`
    : `${kind} ${name}${columnList}`
}

/** Reads `interface.txt`. A line `… until 7` stands for what builds up to revision 7 use, and no later one. */
export async function readInterface(): Promise<Promised[]> {
  const text = await readFile(new URL('interface.txt', import.meta.url), 'utf8')
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map(parse)
}

const linePattern =
  /^(function|relation|input) (\w+)(?:\((.*?)\) returns ([^{]+?))?(?: \{(.*)\})?(?: until (\d+))?$/

function parse(line: string): Promised {
  const [, kind, name = '', parameters = '', result = 'columns', columns = '', until] =
    linePattern.exec(line) ?? []
  if (kind !== 'function' && kind !== 'relation' && kind !== 'input')
    throw new Error(`interface.txt cannot be read: ${line}`)
  const list = (text: string) => (text === '' ? [] : text.split(', '))
  return {
    line,
    kind,
    name,
    parameters: list(parameters),
    result,
    columns: list(columns),
    until: until === undefined ? undefined : Number(until),
  }
}

/** Says whether statements that use what is promised work with what is offered. */
export function keeps(offered: Offer, promised: Offer): boolean {
  const isOptional = (parameter: string | undefined) => parameter?.endsWith('?') ?? true
  const nameAndType = (parameter: string | undefined) => parameter?.replace(/\?$/, '')
  const count = Math.max(offered.parameters.length, promised.parameters.length)
  const takesParameters = Array.from({ length: count }, (_, n) => {
    const [ours, theirs] = [offered.parameters[n], promised.parameters[n]]
    if (theirs === undefined) return isOptional(ours)
    return nameAndType(ours) === nameAndType(theirs) && (isOptional(ours) || !isOptional(theirs))
  })
  return (
    offered.kind === promised.kind &&
    offered.name === promised.name &&
    offered.result === promised.result &&
    takesParameters.every(Boolean) &&
    promised.columns.every((column) => offered.columns.includes(column)) &&
    (offered.kind !== 'input' || offered.columns.length === promised.columns.length)
  )
}

/** Reads what the gateways of any build may use. Functions that begin with `_` are called in SQL alone. */
export async function readOffers(client: pg.ClientBase): Promise<Offer[]> {
  const { rows } = await client.query<Offer>(
    `with argument as (
            select p.oid, a.name, a.type, coalesce(a.mode, 'i') as mode, a.place,
                   row_number() over inputs > p.pronargs - p.pronargdefaults as is_optional
              from pg_proc p
             cross join unnest(coalesce(p.proallargtypes, p.proargtypes::oid[]), p.proargnames, p.proargmodes)
                   with ordinality a (type, name, mode, place)
             where p.pronamespace = 'pgq_gateway'::regnamespace
            window inputs as (partition by p.oid, coalesce(a.mode, 'i') = 'i' order by a.place))
     select 'function' as kind, p.proname::text as name,
            array(select concat_ws(' ', name, format_type(type, null)) || case when is_optional then '?' else '' end
                    from argument a where a.oid = p.oid and mode = 'i' order by place) as parameters,
            case when p.proretset then 'setof ' else '' end || format_type(p.prorettype, null) as result,
            array(select concat_ws(' ', name, format_type(type, null))
                    from argument a where a.oid = p.oid and mode <> 'i' order by place) as columns
       from pg_proc p
      where p.pronamespace = 'pgq_gateway'::regnamespace and p.proname !~ '^_'
      union all
     select case when c.reltype in (select unnest(proargtypes) from pg_proc) then 'input' else 'relation' end, c.relname::text, '{}', 'columns',
            array(select a.attname || ' ' || format_type(a.atttypid, null)
                    from pg_attribute a where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped order by a.attnum)
       from pg_class c
      where c.relnamespace = 'pgq_gateway'::regnamespace and c.relkind in ('v', 'c')
      order by 1, 2, 3`,
  )
  return rows
}
