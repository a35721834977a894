import type { SchemaRevision } from './revision.ts'
import { createTickTrigger, type InstalledState } from './state.ts'

/** Says what of a database keeps a gateway from all that it can do. */
export function warningsOf(state: InstalledState, ours: SchemaRevision): string[] {
  const warnings: string[] = []
  if (state.revision && state.revision.number > ours.number) {
    const { number, version } = state.revision
    warnings.push(
      `the database has schema revision ${number}, of version ${version}; this build, of version ${ours.version}, has ${ours.number}, ` +
        'works with it, and leaves it as it is',
    )
  }
  if (state.tickTrigger === 'forbidden') {
    warnings.push(
      `the login ${state.login} may not create a trigger on pgq.tick, so ticks are found by polling; as its owner run: ${createTickTrigger}`,
    )
  }
  if (state.missingRoles.length > 0 && !state.isSuperuser) {
    warnings.push(
      `the login ${state.login} cannot act as ${state.missingRoles.join(', ')}, so calls that need it are refused; ` +
        `ask an administrator for: grant pgq_admin to ${state.login}`,
    )
  }
  if (state.origins.pgq === 'foreign') {
    warnings.push('schema pgq was made neither by the extension nor by this package; it is used as it is')
  }
  return warnings
}
