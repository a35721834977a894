import type { Data } from '../support/graphql.ts'
import type { GuardedServer } from './guarded-server.ts'

/** Replaces what a request names by placeholders: an answer may repeat it. */
export function withoutEchoes(text: string, names: Data): string {
  return Object.entries(names)
    .filter((entry): entry is [string, string] => typeof entry[1] === 'string' && entry[1].length > 1)
    .sort(([, a], [, b]) => b.length - a.length)
    .reduce((rest, [key, name]) => rest.replaceAll(name, `<${key}>`), text)
}

/** Asks the same about a thing that is hidden and one that is not there. @returns Both whole answers, without what was asked. */
export async function answersAbout(
  server: GuardedServer,
  caller: string,
  query: string,
  { hidden, absent }: { hidden: Data; absent: Data },
): Promise<{ ofHidden: string; ofAbsent: string }> {
  const answer = async (names: Data) =>
    withoutEchoes(JSON.stringify(await server.ask(caller, query, names)), names)
  return { ofHidden: await answer(hidden), ofAbsent: await answer(absent) }
}
