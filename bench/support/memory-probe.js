import { memoryUsage } from 'node:process'

/**
 * Loaded first into a server that is measured (`memory.ts`): answers each message from the parent with what the process
 * uses, after it has collected what nobody needs.
 */
process.on('message', async () => {
  // What was collected first can have kept others, by way of finalizers.
  for (let n = 0; n < 3; n++) {
    globalThis.gc()
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  const { rss, heapUsed, external } = memoryUsage()
  process.send({ residentBytes: rss, inUseBytes: heapUsed + external })
})
process.channel.unref()
