/** The data folder: that it is there, whose it is, what it is on, how full that is, and who has it open. */
import { constants } from 'node:fs'
import { access, readFile, stat, statfs } from 'node:fs/promises'
import { join } from 'node:path'
import { DATABASE } from '../../commands/settings.ts'
import { found, sizeOf, type Check, type Finding } from '../check.ts'

const READ_ONLY = 'EROFS'
/** Of the disk. With the second it is as good as full (BK-10). */
const LOW = 0.15
const NONE = 0.05
/** A WAL is cut to a fraction of this after each checkpoint. */
const WAL_BYTES = 256_000_000

/** File systems on which locks and fsync are not what SQLite needs, by the number that statfs gives. */
const NETWORK = new Map([
  [0x6969, 'NFS'],
  [0xff53_4d42, 'CIFS'],
  [0xfe53_4d42, 'SMB'],
  [0x517b, 'SMB'],
  [0x0102_1997, '9P'],
])

/** Only of a folder that is there. */
function inFolder(check: (data: string) => Promise<readonly Finding[]>): Check {
  return async ({ data }) => {
    const folder = data === undefined ? undefined : await stat(data).catch(() => undefined)
    return data === undefined || folder?.isDirectory() !== true ? [] : check(data)
  }
}

export const checkFolder: Check = async ({ data }) => {
  if (data === undefined) return []
  const folder = await stat(data).catch(() => undefined)
  if (folder === undefined) return found('FOLDER_MISSING', `There is no ${data}.`)
  if (!folder.isDirectory()) return found('FOLDER_MISSING', `${data} is no folder.`)
  const toRead = await refusedTo(constants.R_OK | constants.X_OK, data)
  const toWrite = await refusedTo(constants.W_OK, data)
  // A unit that only looks has it mounted so. Whether the relay has, too, cannot be told from here.
  if (toRead === undefined && toWrite === READ_ONLY)
    return found('FOLDER_READ_ONLY', `${data} can be read, and is mounted read-only for who runs this.`)
  return toRead === undefined && toWrite === undefined
    ? found('FOLDER_OK', `${data} can be read and written.`)
    : found('FOLDER_CLOSED', `${data} cannot be read and written by who runs this.`)
}

/** The code of the system's refusal, or undefined when it lets who runs this. */
async function refusedTo(mode: number, path: string): Promise<string | undefined> {
  return access(path, mode).then(
    () => undefined,
    ({ code = 'unknown' }: NodeJS.ErrnoException) => code,
  )
}

export const checkPermissions = inFolder(async data => {
  const { mode, uid } = await stat(data)
  const who = `(${(mode & 0o777).toString(8)}, owner ${uid})`
  // Whether a file in it is closed matters only where the folder is not.
  const files = await Promise.all(
    [DATABASE, `${DATABASE}-wal`].map(name => stat(join(data, name)).catch(() => undefined)),
  )
  const isReadable = (mode & 0o011) !== 0 && files.some(file => file !== undefined && (file.mode & 0o044) !== 0)
  const isWritable = (mode & 0o022) !== 0
  return isReadable || isWritable
    ? found(
        'PERMISSIONS_OPEN',
        `Others on this machine can ${isWritable ? 'write' : 'read'} what is in ${data} ${who}.`,
      )
    : found('PERMISSIONS_OK', `Nobody else on this machine can read what is in ${data} ${who}.`)
})

export const checkFileSystem = inFolder(async data => {
  const network = NETWORK.get((await statfs(data)).type)
  return network === undefined
    ? found('DISK_LOCAL', `${data} is on a local file system.`)
    : found('DISK_NETWORK', `${data} is on ${network}, where locks and fsync cannot be trusted.`)
})

export const checkRoom = inFolder(async data => {
  const { bavail, blocks, bsize } = await statfs(data)
  const share = blocks === 0 ? 1 : bavail / blocks
  const said = `${sizeOf(bavail * bsize)} are free, ${Math.round(share * 100)} % of the disk.`
  return found(share <= NONE ? 'ROOM_NONE' : share <= LOW ? 'ROOM_LOW' : 'ROOM_OK', said)
})

export const checkLock = inFolder(async data => {
  const database = await stat(join(data, DATABASE)).catch(() => undefined)
  if (database === undefined) return []
  const locks = await readFile('/proc/locks', 'utf8').catch(() => undefined)
  if (locks === undefined) {
    return found('RELAY_UNKNOWN', 'Whether a relay has the database open cannot be told on this system.')
  }
  const holder = lockHolder(locks, database.ino)
  return holder === undefined
    ? found('RELAY_NOT_RUNNING', 'No relay of this machine has the database open.')
    : found('RELAY_RUNNING', `A relay has the database open${holder > 0 ? ` (process ${holder})` : ''}.`)
})

/** Of a line such as `1: POSIX  ADVISORY  WRITE 4711 08:01:131074 1073741824 1073742335`. 0 when it is a process elsewhere. */
function lockHolder(locks: string, inode: number): number | undefined {
  for (const line of locks.split('\n')) {
    const [, pid, of] = /\bWRITE\s+(-?\d+)\s+[0-9a-f]+:[0-9a-f]+:(\d+)\s/.exec(line) ?? []
    if (Number(of) === inode) return Math.max(0, Number(pid))
  }
  return undefined
}

export const checkWal = inFolder(async data => {
  const wal = await stat(join(data, `${DATABASE}-wal`)).catch(() => undefined)
  if (wal === undefined) return []
  return wal.size > WAL_BYTES
    ? found('WAL_LARGE', `The WAL has ${sizeOf(wal.size)}: nothing moves it into the database.`)
    : found('WAL_OK', `The WAL has ${sizeOf(wal.size)}.`)
})
