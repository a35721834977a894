import { existsSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { join } from 'node:path'
import { type Child, startChild } from './child.ts'
import { until } from './deadline.ts'
import { temporaryDirectory } from './temporary-directory.ts'

const programs = { nginx: '/usr/sbin/nginx', haproxy: '/usr/sbin/haproxy' }

/** Tells whether Debian's nginx and HAProxy are installed. CI assumes so, and a missing package fails the tests. */
export const hasReverseProxies =
  process.env.CI === 'true' || Object.values(programs).every((path) => existsSync(path))

/** Starts nginx with the content of one file of `conf.d`. @param port Port that it listens on. */
export async function startNginx(site: string, port: number): Promise<AsyncDisposable> {
  return await start(port, async (directory) => {
    const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
      (kind) => `${kind}_temp_path ${join(directory, kind)};`,
    )
    const file = join(directory, 'nginx.conf')
    await writeFile(
      file,
      `daemon off; worker_processes 1; pid ${join(directory, 'nginx.pid')}; error_log stderr warn;
      events { worker_connections 256; }
      http { access_log off; ${temporary.join(' ')}\n${site} }`,
    )
    await mkdir(join(directory, 'logs'))
    return startChild(programs.nginx, ['-p', directory, '-e', 'stderr', '-c', file], { cwd: directory })
  })
}

/** Starts HAProxy with the content of its configuration. @param port Port that it listens on. */
export async function startHaproxy(configuration: string, port: number): Promise<AsyncDisposable> {
  return await start(port, async (directory) => {
    const file = join(directory, 'haproxy.cfg')
    await writeFile(file, configuration)
    return startChild(programs.haproxy, ['-db', '-f', file], { cwd: directory })
  })
}

async function start(port: number, launch: (directory: string) => Promise<Child>): Promise<AsyncDisposable> {
  const directory = await temporaryDirectory()
  const child = await launch(directory.path)
  const stop = async () => {
    // Its workers end with it, where SIGKILL would leave them.
    child.process.kill('SIGTERM')
    await child.ended()
    await directory[Symbol.asyncDispose]()
  }
  try {
    await until(
      () => {
        if (child.process.exitCode !== null) throw new Error(`the proxy has ended:\n${child.output()}`)
        return listens(port)
      },
      'the proxy',
      { describe: () => child.output() },
    )
  } catch (error) {
    await stop()
    throw error
  }
  return { [Symbol.asyncDispose]: stop }
}

function listens(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    socket.once('connect', () => {
      socket.destroy()
      resolve(true)
    })
    socket.once('error', () => resolve(false))
  })
}
