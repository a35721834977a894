import { randomBytes } from 'node:crypto'
import { connect } from './connect.ts'

/** Time within which a notice should come back (milliseconds). */
const PATIENCE_MS = 3_000

/**
 * Says whether a notice comes back from a database. The session that sends it is not the one that listens: a pooler that
 * lends a session per transaction would otherwise hand it over by chance.
 */
export async function hearsNotices(url: string): Promise<boolean> {
  const channel = `pgq_doctor_${randomBytes(8).toString('hex')}`
  const { client: listener } = await connect(url, 'doctor')
  try {
    const heard = new Promise<boolean>((resolve) => {
      listener.once('notification', () => resolve(true))
      setTimeout(resolve, PATIENCE_MS, false).unref()
    })
    await listener.query(`listen ${channel}`)
    const { client: sender } = await connect(url, 'doctor')
    try {
      await sender.query(`notify ${channel}`)
      return await heard
    } finally {
      await sender.end()
    }
  } finally {
    await listener.end()
  }
}
