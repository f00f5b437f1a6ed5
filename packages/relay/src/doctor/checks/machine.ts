/** What the relay runs on: Node, SQLite, open files, and the time. */
import { readFile } from 'node:fs/promises'
import { found, isOlder, type Check } from '../check.ts'

const OLDEST_NODE = '22'
/** Before it, a checkpoint may damage a log that is being read: the WAL-reset bug. */
const OLDEST_SQLITE = '3.51.3'
/** A socket each, and some. */
const FILES = 8_192
/** This was written later. */
const WRITTEN_AT = Date.UTC(2026, 10, 1)
/** As far ahead as the relay lets an edit say it is (STAMP_AHEAD). */
const AHEAD_MS = 120_000

export const checkNode: Check = async ({ node }) =>
  isOlder(node, OLDEST_NODE)
    ? found('NODE_OLD', `Node ${node} is older than ${OLDEST_NODE}.`)
    : found('NODE_OK', `Node ${node} is new enough.`)

export const checkSqlite: Check = async ({ sqlite }) =>
  isOlder(sqlite, OLDEST_SQLITE)
    ? found('SQLITE_OLD', `SQLite ${sqlite} can lose committed data; at least ${OLDEST_SQLITE} is needed.`)
    : found('SQLITE_OK', `SQLite ${sqlite} is new enough.`)

/** Of the shell that the doctor runs in; a service may have another limit. */
export const checkOpenFiles: Check = async () => {
  const limits = await readFile('/proc/self/limits', 'utf8').catch(() => '')
  const [, soft] = /^Max open files\s+(\d+)/m.exec(limits) ?? []
  if (soft === undefined) return []
  return Number(soft) < FILES
    ? found('FILES_FEW', `A process started here may have ${soft} files open, and each connection is one.`)
    : found('FILES_OK', `A process started here may have ${soft} files open.`)
}

export const checkClock: Check = async ({ clock, look }) => {
  const now = clock.now()
  const newestAt = (await look())?.newestAt
  const at = new Date(now).toISOString()
  if (now < WRITTEN_AT) return found('CLOCK_BEHIND', `It is ${at} here, which is before this version was written.`)
  if (newestAt !== undefined && newestAt > now + AHEAD_MS) {
    return found(
      'CLOCK_BEHIND',
      `It is ${at} here, and the newest edit was made at ${new Date(newestAt).toISOString()}.`,
    )
  }
  return found('CLOCK_OK', `It is ${at} here, later than everything that was written.`)
}
