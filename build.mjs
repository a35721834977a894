import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'

/**
 * Compiles the packages whose sources or output have changed since the last build, and says nothing where none has.
 *
 * The stamp of a package tells what went into its last build and what came out. So `dist` never keeps what a renamed
 * source, another branch or an interrupted build left there.
 */
const root = import.meta.dirname
const stampFile = join(root, 'node_modules/.cache/build-stamps.json')
const tsc = join(root, 'node_modules/typescript/bin/tsc')
if (!existsSync(tsc)) {
  console.error('The packages are not installed. Run: npm ci')
  process.exit(1)
}

const stamps = existsSync(stampFile) ? JSON.parse(readFileSync(stampFile, 'utf8')) : {}
const folders = ['.', 'client', 'codegen', 'dashboard'].filter((folder) =>
  existsSync(join(root, folder, 'src')),
)
const outdated = folders.filter((folder) => stamps[folder] !== inputsOf(folder) + outputsOf(folder))
if (outdated.length > 0) {
  console.error('Building… (the first time and after changes only; up to 20 s)')
  for (const folder of outdated) {
    const inputs = inputsOf(folder)
    if (folder === 'dashboard') bundle(folder)
    else compile(folder)
    stamps[folder] = inputs + outputsOf(folder)
    writeStamps()
  }
}

/** @param {string} folder */
function inputsOf(folder) {
  const own =
    folder === 'dashboard' ? ['index.html', 'vite.config.ts', 'tsconfig.json'] : ['tsconfig.build.json']
  const settings = ['package-lock.json', 'tsconfig.json', ...own.map((file) => join(folder, file))]
  return hashOf([...settings.map((file) => join(root, file)), ...filesIn(join(root, folder, 'src'))])
}

/** @param {string} folder */
function outputsOf(folder) {
  return hashOf(filesIn(join(root, folder, 'dist')))
}

/** @param {string} folder */
function compile(folder) {
  const args = ['-p', join(folder, 'tsconfig.build.json'), '--noEmitOnError', '--listEmittedFiles']
  const { status, stdout } = spawnSync(process.execPath, [tsc, ...args], {
    cwd: root,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  if (status !== 0) {
    process.stderr.write(stdout)
    process.exit(1)
  }
  const emitted = new Set(stdout.split('\n').map((line) => line.replace(/^TSFILE: /, '')))
  for (const file of filesIn(join(root, folder, 'dist'))) if (!emitted.has(file)) rmSync(file)
}

/**
 * Makes the pages of a folder by Vite, which empties `dist` first.
 *
 * @param {string} folder
 */
function bundle(folder) {
  const vite = join(root, 'node_modules/vite/bin/vite.js')
  const args = [vite, 'build', join(root, folder), '--logLevel', 'error']
  const { status } = spawnSync(process.execPath, args, {
    cwd: join(root, folder),
    stdio: ['ignore', 'inherit', 'inherit'],
  })
  if (status !== 0) process.exit(1)
}

/** Hard links may share the file with other working trees, so a new one takes its place. */
function writeStamps() {
  mkdirSync(dirname(stampFile), { recursive: true })
  const unfinished = `${stampFile}.${process.pid}`
  writeFileSync(unfinished, JSON.stringify(stamps))
  renameSync(unfinished, stampFile)
}

/**
 * @param {string} folder
 * @returns {string[]} full paths, sorted; none where there is no such folder
 */
function filesIn(folder) {
  if (!existsSync(folder)) return []
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true })
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort()
}

/** @param {string[]} files */
function hashOf(files) {
  const hash = createHash('sha256')
  for (const file of files) {
    const content = readFileSync(file)
    hash.update(`${relative(root, file)}\0${content.length}\0`).update(content)
  }
  return hash.digest('hex')
}
