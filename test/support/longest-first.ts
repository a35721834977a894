import { BaseSequencer, type TestSpecification } from 'vitest/node'

/** Files that take more than half a minute, the longest first. */
const longest = [
  'test/engine/random/exactly-once.test.ts',
  'test/faults/memory.test.ts',
  'test/faults/mover.test.ts',
  'test/faults/soak.test.ts',
  'test/api/readiness.test.ts',
  'test/ticker/ticker.test.ts',
  'test/engine/random/differential.test.ts',
  'test/server/slow-clients.test.ts',
  'test/faults/rolling-upgrade.test.ts',
  'test/engine/conformance/conformance.test.ts',
]

/** Starts the longest files first, so that at the end no worker waits for one of them. Vitest knows only their sizes. */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files)
    return sorted.toSorted((a, b) => rankOf(a) - rankOf(b))
  }
}

function rankOf({ moduleId }: TestSpecification): number {
  const rank = longest.findIndex((file) => moduleId.endsWith(`/${file}`))
  return rank < 0 ? longest.length : rank
}
