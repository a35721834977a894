import { CliError } from '../connect.ts'

export type Variables = Readonly<Record<string, unknown>>

/** The API, of a gateway elsewhere or of one in this process: commands know no difference. */
export interface Api extends AsyncDisposable {
  /** Executes a query or a mutation. @throws CliError with what the API refuses. */
  ask<Data>(query: string, variables: Variables): Promise<Data>
  /** Executes a subscription. @throws as `ask` does. */
  follow<Data>(query: string, variables: Variables): AsyncIterable<Data>
}

/** What GraphQL answers, or a subscription brings. */
export interface Answer<Data> {
  data?: Data | null | undefined
  errors?: readonly { message: string }[] | undefined
}

/** Takes the data out of an answer. @throws CliError with its errors. */
export function dataOf<Data>({ data, errors }: Answer<Data>): Data {
  if (data == null || errors)
    throw new CliError(errors?.map(({ message }) => message).join('\n') ?? 'The answer has no data.')
  return data
}
