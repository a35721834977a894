import type { Logger } from 'pino'
import type { Databases } from '../database/databases.ts'
import type { Instrumentation } from '../instrumentation.ts'
import type { Mover } from '../mover/mover.ts'
import { DatabaseMetrics, writeAnswers } from './database-metrics.ts'
import { Exposition } from './exposition.ts'
import { writeConnections, writeMovers } from './gateway-metrics.ts'
import { ProcessMetrics } from './process-metrics.ts'

/** A gateway whose metrics are told. */
export interface Measured {
  readonly databases: Databases
  readonly movers: Iterable<Mover>
}

/** The metrics of a gateway, of its databases and of this process, in the format of Prometheus. */
export class Metrics {
  /** Where a gateway must tell what it does. */
  readonly instrumentation: Instrumentation
  readonly contentType: string
  readonly #process: ProcessMetrics
  readonly #databases: DatabaseMetrics
  #writing: Promise<string> | undefined

  /** @param next Instrumentation that is told of everything, too. */
  constructor(next: Instrumentation | undefined, logger: Logger) {
    this.#process = new ProcessMetrics(next)
    this.#databases = new DatabaseMetrics(logger)
    this.instrumentation = this.#process.instrumentation
    this.contentType = this.#process.contentType
  }

  /** Asks all databases at once. Those who ask meanwhile get the same text. */
  text(measured: Measured): Promise<string> {
    this.#writing ??= this.#write(measured).finally(() => {
      this.#writing = undefined
    })
    return this.#writing
  }

  async #write({ databases, movers }: Measured): Promise<string> {
    const text = new Exposition()
    const answers = await Promise.all([...databases].map((database) => this.#databases.ask(database)))
    await writeAnswers(text, answers)
    writeConnections(text, databases)
    writeMovers(text, movers, answers)
    await this.#process.write(text)
    return text.toString()
  }
}
