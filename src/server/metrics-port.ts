import type { IncomingMessage, ServerResponse } from 'node:http'
import { pathOf } from '../transports/transport.ts'
import type { Hosts } from './hosts.ts'
import { createListener, listenOn } from './listener.ts'
import { sendText } from './plain-text.ts'

export interface MetricsPortOptions {
  /** Port to listen on; 0 takes any free one. */
  port: number
  /** Address to listen on. Default `127.0.0.1`. */
  host?: string | undefined
}

const PATH = '/metrics'

/** Serves metrics to whoever reaches a port of its own, and nothing else. */
export class MetricsPort {
  readonly #options: MetricsPortOptions
  readonly #server

  constructor(
    options: MetricsPortOptions,
    hosts: Hosts,
    answer: (request: IncomingMessage, response: ServerResponse) => Promise<void>,
  ) {
    this.#options = options
    this.#server = createListener(null, (request, response) => {
      const { method, headers } = request
      const refusal = hosts.refuse(headers.host ?? '')
      if (refusal !== null) sendText(response, 403, refusal)
      else if (pathOf(request) !== PATH) sendText(response, 404, `Only ${PATH} is here`)
      else if (method !== 'GET' && method !== 'HEAD') sendText(response, 405, `${PATH} is read by GET`)
      else void answer(request, response)
    })
  }

  /** Listens. @returns The URL of the metrics. */
  async listen(): Promise<string> {
    const { port, host = '127.0.0.1' } = this.#options
    return `${await listenOn(this.#server, host, port)}${PATH}`
  }

  close(): void {
    this.#server.close()
    this.#server.closeAllConnections()
  }
}
