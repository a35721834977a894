import { memoryUsage } from 'node:process'

/**
 * Answers each message from the parent with the memory of this process after garbage collection. `memory.ts` has a
 * measured server load it first.
 */
process.on('message', async () => {
  // Finalizers of one collection can release more for the next.
  for (let n = 0; n < 3; n++) {
    globalThis.gc()
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  const { rss, heapUsed, external } = memoryUsage()
  process.send({ residentBytes: rss, inUseBytes: heapUsed + external })
})
process.channel.unref()
