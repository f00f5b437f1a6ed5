/**
 * Puts a backup in the place of a relay's data. Laws:
 * - BK-02: nothing is put in place before all of it was looked through, as it will stand there.
 * - BK-03: what is there is neither overwritten nor removed: it is refused, or with `force` moved aside. A relay that runs is refused always.
 * - What is refused leaves nothing, no folder either.
 * - A kill or power loss at any instant leaves the old or the new.
 * - R4: every log begins a new life, so devices tell what they hold, and what is newer with them comes back (BK-04).
 * - To a moment: it is one that the backup and what is kept of its past reach, or nothing is put in place. What stands after it is looked
 *   through like the backup was.
 */
import { hex, JoineryError, type Clock, type PutBack, type Random } from '@joinery/core'
import { existsSync } from 'node:fs'
import { copyFile, link, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { DATABASE } from '../commands/settings.ts'
import { makeFolder, removeFolders } from '../made-folder.ts'
import type { LookThrough, OpenStore } from './backup.ts'
import { examineCopy } from './examination.ts'
import { findDamage } from './verify.ts'
import { fsyncFile, fsyncFolder, noBackup, type Manifest } from './manifest.ts'

const STAGED = `${DATABASE}.restoring`

export interface Restored {
  readonly manifest: Manifest
  /** Where what was there before is now. */
  readonly aside: string | undefined
  /** Of a restore to a moment, what came of that. */
  readonly putBack: PutBack | undefined
  /** What stands there now. */
  readonly documents: number
  readonly entries: number
}

/** Puts a database that nobody has open back to a moment; see `putBackSqlite`. */
export type PutStoreBack = (options: { readonly file: string; readonly at: number }) => Promise<PutBack>

export async function restoreBackup(options: {
  readonly from: string
  readonly data: string
  readonly force: boolean
  /** A moment, in ms since 1970. What the backup holds, if absent. */
  readonly at?: number | undefined
  readonly putStoreBack: PutStoreBack
  readonly openStore: OpenStore
  readonly look: LookThrough
  readonly clock: Pick<Clock, 'now'>
  readonly random: Random
  /** Puts what was made ready where it belongs, when that is not `data`, and gives where what was there before is now. */
  readonly into?: ((staged: string) => Promise<string | undefined>) | undefined
}): Promise<Restored> {
  const { from, data, force, at, openStore, look, clock, random, into } = options
  if (at !== undefined) refuseUnlessKnown(at, clock.now(), 'is yet to come')
  const file = join(data, DATABASE)
  const isTaken = existsSync(file) || existsSync(`${file}-wal`)
  if (isTaken && !force) {
    const sentence = `${data} holds a relay's data. With --force it is moved aside, and nothing of it is removed.`
    throw new JoineryError('BAD_INPUT', { sentence })
  }
  if (isTaken) await letGo(file, openStore)
  const made = await makeFolder(data)
  const staged = join(data, STAGED)
  try {
    const { manifest, checks } = await examineCopy({ from, file: staged, openStore, look })
    const broken = checks.find(({ ok }) => !ok)
    if (broken !== undefined) throw noBackup(from, `${broken.what}: ${broken.said.replace(/\.$/, '')}`)
    let stands: Pick<Restored, 'putBack' | 'documents' | 'entries'> = { ...manifest, putBack: undefined }
    if (at !== undefined) {
      refuseUnlessKnown(
        at,
        Date.parse(manifest.madeAt),
        `is later than the backup, which was made at ${manifest.madeAt}`,
      )
      stands = await putBackTo(at, staged, manifest, options)
    }
    const store = openStore({ file: staged, lockTimeout: 0 })
    await store.beginLives()
    await store.close()
    await fsyncFile(staged)
    if (into !== undefined) return { manifest, aside: await into(staged), ...stands }
    const aside = isTaken ? await putAside(file, openStore, `${stampOf(clock)}-${hex(random.bytes(2))}`) : undefined
    await rename(staged, file)
    await fsyncFolder(data)
    return { manifest, aside, ...stands }
  } finally {
    for (const left of [staged, `${staged}-wal`]) await rm(left, { force: true })
    // Those that it made and put nothing into.
    await removeFolders(made)
  }
}

function refuseUnlessKnown(at: number, until: number, why: string): void {
  if (at <= until) return
  throw new JoineryError('BAD_INPUT', { reason: 'future', sentence: `${new Date(at).toISOString()} ${why}.` })
}

/** Behind everything that was checked, and before anybody can read it. */
async function putBackTo(
  at: number,
  file: string,
  { damaged }: Manifest,
  { openStore, look, putStoreBack }: Pick<Parameters<typeof restoreBackup>[0], 'openStore' | 'look' | 'putStoreBack'>,
): Promise<Pick<Restored, 'putBack' | 'documents' | 'entries'>> {
  const putBack = await putStoreBack({ file, at })
  const looked = await look({ file, deep: true })
  const store = openStore({ file, lockTimeout: 0 })
  const found = await findDamage(looked, store).finally(() => store.close())
  const { integrity, rows, marks } = looked
  const isWorse = rows.damaged > damaged.rows || marks.wrong > damaged.marks || found.damaged.length > damaged.documents
  if (integrity[0] !== undefined || isWorse) {
    const sentence = `What was put back to ${new Date(at).toISOString()} does not read back: nothing was restored.`
    throw new JoineryError('UNAVAILABLE', { reason: 'unread', sentence })
  }
  return { putBack, documents: found.documents, entries: looked.entries }
}

/**
 * Opened and closed, a database has no WAL beside it: it is one file, that one rename replaces. One that cannot be opened keeps its WAL.
 * Rejects when a relay has it open.
 */
async function letGo(file: string, openStore: OpenStore): Promise<void> {
  try {
    await openStore({ file, lockTimeout: 0 }).close()
  } catch (error) {
    if (error instanceof JoineryError && error.details['reason'] === 'locked') throw error
  }
}

/** A second name for what is there: until the rename, both are the old. */
async function putAside(file: string, openStore: OpenStore, stamp: string): Promise<string> {
  // Once more, as late as can be.
  await letGo(file, openStore)
  const aside = `${file}.before-${stamp}`
  await secondName(file, aside)
  if (existsSync(`${file}-wal`)) {
    await secondName(`${file}-wal`, `${aside}-wal`)
    // It would be read as the new one's. What it belongs to could not be opened, and is aside with it.
    await rm(`${file}-wal`)
  }
  return aside
}

async function secondName(file: string, name: string): Promise<void> {
  if (!existsSync(file)) return
  // Not every file system has links.
  await link(file, name).catch(() => copyFile(file, name))
}

function stampOf(clock: Pick<Clock, 'now'>): string {
  return new Date(clock.now()).toISOString().replaceAll(/[-:]|\.\d+/g, '')
}
