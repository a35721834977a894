import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'

/** This project can put these schemas in place, in this order. */
export const componentNames = ['pgq', 'pgq_coop', 'pgq_ext', 'pgq_gateway'] as const

export type ComponentName = (typeof componentNames)[number]

/** A component is the SQL of a schema; each list is in the order in which its files run. */
export interface Component {
  name: ComponentName
  /** The version of this package. */
  version: string
  /** Hashes the names and texts of all files: equal checksums make equal schemas. */
  checksum: string
  /** These make tables and types. Each runs once in a database, and is never changed. */
  migrations: SqlFile[]
  /** These run at each update. A file makes the view or function that it is named after. */
  views: SqlFile[]
  functions: SqlFile[]
  /** This sets the rights on everything but views and functions, whose files tell theirs; it runs at each update. */
  grants: SqlFile[]
}

export interface SqlFile {
  /** The path begins in the folder of the component, as in `functions/ticks/tick.sql`. */
  path: string
  /** The name is the last part of the path, without `.sql`. */
  name: string
  text: string
}

const root = new URL('../../', import.meta.url)

export async function readPackageVersion(): Promise<string> {
  const text = await readFile(new URL('package.json', root), 'utf8')
  return (JSON.parse(text) as { version: string }).version
}

let components: Promise<Component[]> | undefined

/** Reads every component from the package's `sql` folder, once for all databases of this process. */
export function readComponents(): Promise<Component[]> {
  components ??= readAll().catch((error: unknown) => {
    components = undefined
    throw error
  })
  return components
}

async function readAll(): Promise<Component[]> {
  const version = await readPackageVersion()
  return Promise.all(
    componentNames.map(async (name) => {
      const files = await readFiles(new URL(`sql/${name === 'pgq_gateway' ? 'gateway' : name}/`, root))
      const hash = createHash('sha256')
      for (const { path, text } of files) hash.update(`${path}\0${text}\0`)
      const filesAt = (start: string) => files.filter(({ path }) => path.startsWith(start))
      return {
        name,
        version,
        checksum: hash.digest('hex'),
        migrations: filesAt('migrations/'),
        views: filesAt('views/'),
        functions: filesAt('functions/'),
        grants: filesAt('grants.sql'),
      }
    }),
  )
}

/**
 * Reads the header line that says who may use what a view's or function's file makes: roles separated by commas.
 *
 * @returns Null for `nobody`, which leaves it to the owner.
 * @throws Error for a file without that line.
 */
export function granteesOf({ path, text }: SqlFile): string | null {
  const [, grantees] =
    /^-- Grant: (nobody|(?:(?:, )?(?:public|pgq_reader|pgq_writer|pgq_admin))+)$/m.exec(text) ?? []
  if (grantees === undefined)
    throw new Error(`${path} needs a line "-- Grant: <roles>", "public" or "nobody"`)
  return grantees === 'nobody' ? null : grantees
}

async function readFiles(folder: URL): Promise<SqlFile[]> {
  const paths = (await readdir(folder, { recursive: true })).map((path) => path.replaceAll('\\', '/'))
  return Promise.all(
    paths
      .filter((path) => path.endsWith('.sql'))
      .sort()
      .map(async (path) => ({
        path,
        name: path.slice(path.lastIndexOf('/') + 1, -'.sql'.length),
        text: await readFile(new URL(path, folder), 'utf8'),
      })),
  )
}
