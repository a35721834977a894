import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'

/** Finds a TCP port on 127.0.0.1 that nothing listens on: the preferred one, or one that the system chooses. */
export async function freePort(preferred = 0): Promise<number> {
  const server = createServer()
  try {
    server.listen(preferred, '127.0.0.1')
    await once(server, 'listening')
    return (server.address() as AddressInfo).port
  } catch (error) {
    if (preferred === 0) throw error
    return await freePort()
  } finally {
    server.close()
  }
}
