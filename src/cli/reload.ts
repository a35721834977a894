import { reasonOf } from '../reason.ts'
import { CliError } from './connect.ts'
import { printable } from './table.ts'

type Changes = Record<'added' | 'changed' | 'removed', string[]>

interface Answer {
  data?: { reloadConfiguration: Changes & { movers: Changes; waiting: string[] } } | null
  errors?: { message: string }[]
}

const query =
  'mutation { reloadConfiguration { added changed removed movers { added changed removed } waiting } }'

/**
 * Has a running server read its configuration again, and prints what changed.
 *
 * @param url Of its GraphQL endpoint.
 * @param key Secret of a key that may do everything; undefined where the server asks for none.
 */
export async function reload(url: string, key: string | undefined): Promise<void> {
  const { data, errors } = await ask(url, key)
  if (!data)
    throw new CliError(
      errors?.map(({ message }) => message).join('\n') ?? `${url} is no API of this project.`,
    )
  const { waiting, movers, ...databases } = data.reloadConfiguration
  const lines = [...linesOf(databases), ...linesOf(movers, 'mover ')]
  for (const line of lines) console.log(line)
  if (lines.length === 0) console.log('No database and no mover has changed.')
  if (waiting.length > 0) console.log(`Only a restart changes these settings: ${waiting.join(', ')}`)
}

function linesOf({ added, changed, removed }: Changes, kind = ''): string[] {
  return Object.entries({ added, changed, removed }).flatMap(([what, names]) =>
    names.map((name) => `${what} ${kind}${printable(name)}`),
  )
}

async function ask(url: string, key: string | undefined): Promise<Answer> {
  const headers = {
    'content-type': 'application/json',
    accept: 'application/json',
    ...(key && { authorization: `Bearer ${key}` }),
  }
  try {
    const response = await fetch(url, { method: 'POST', headers, body: JSON.stringify({ query }) })
    return (await response.json()) as Answer
  } catch (error) {
    const { cause = error } = error as Error
    throw new CliError(`${url} does not answer: ${reasonOf(cause)}`, { cause: error })
  }
}
