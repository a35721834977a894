import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'

/** A schema that this project can put in place, in the order of installation. */
export const componentNames = ['pgq', 'pgq_coop', 'pgq_ext', 'pgq_gateway'] as const

export type ComponentName = (typeof componentNames)[number]

/** The SQL of a component, in the order in which its files must run. */
export interface Component {
  name: ComponentName
  /** That of this package. */
  version: string
  /** Of names and texts of all files: equal checksums, equal schemas. */
  checksum: string
  files: SqlFile[]
}

export interface SqlFile {
  name: string
  text: string
}

/** One way from an older version; run before the component's own files. */
export interface UpgradeFile extends SqlFile {
  component: string
  /** The first version that no longer needs this file. */
  version: string
}

const root = new URL('../../', import.meta.url)
const folders: Record<ComponentName, string> = {
  pgq: 'sql/pgq/',
  pgq_coop: 'sql/pgq_coop/',
  pgq_ext: 'sql/pgq_ext/',
  pgq_gateway: 'sql/gateway/',
}

/** Reads every component from the package's `sql` folder. */
export async function readComponents(): Promise<Component[]> {
  const { version } = JSON.parse(await readFile(new URL('package.json', root), 'utf8')) as { version: string }
  return Promise.all(
    componentNames.map(async (name) => {
      const folder = new URL(folders[name], root)
      const files = [
        ...(await readFiles(folder, ['tables.sql'])),
        ...(await readFolder(folder, 'views/')),
        ...(await readFolder(folder, 'functions/')),
        ...(await readFiles(folder, ['grants.sql'])),
      ]
      const hash = createHash('sha256')
      for (const file of files) hash.update(`${file.name}\0${file.text}\0`)
      return { name, version, checksum: hash.digest('hex'), files }
    }),
  )
}

/** Reads `sql/upgrade/<component>-<version>.sql`, oldest version first. */
export async function readUpgrades(): Promise<UpgradeFile[]> {
  const files = await readFolder(new URL('sql/', root), 'upgrade/')
  return files
    .flatMap((file) => {
      const [, component, version] = /^upgrade\/(\w+)-([\d.]+)\.sql$/.exec(file.name) ?? []
      return component && version ? [{ ...file, component, version }] : []
    })
    .sort((a, b) => compareVersions(a.version, b.version))
}

/** Negative, 0 or positive, as dotted numbers compare. */
export function compareVersions(a: string, b: string): number {
  const left = a.split('.').map(Number)
  const right = b.split('.').map(Number)
  for (let i = 0; i < Math.max(left.length, right.length); i++) {
    const difference = (left[i] ?? 0) - (right[i] ?? 0)
    if (difference !== 0) return difference
  }
  return 0
}

async function readFolder(folder: URL, subfolder: string): Promise<SqlFile[]> {
  const names = await readdir(new URL(subfolder, folder), { recursive: true }).catch(absent<string[]>([]))
  const sqlNames = names.filter((name) => name.endsWith('.sql')).sort()
  return readFiles(
    folder,
    sqlNames.map((name) => subfolder + name),
  )
}

async function readFiles(folder: URL, names: string[]): Promise<SqlFile[]> {
  const files = await Promise.all(
    names.map(async (name) => ({
      name,
      text: await readFile(new URL(name, folder), 'utf8').catch(absent<string | undefined>(undefined)),
    })),
  )
  return files.flatMap(({ name, text }) => (text === undefined ? [] : [{ name, text }]))
}

function absent<T>(value: T): (error: unknown) => T {
  return (error) => {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return value
    throw error
  }
}
