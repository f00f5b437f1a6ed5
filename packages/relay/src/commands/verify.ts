/**
 * `joinery verify`: whether all that a relay keeps can be read, and what is done about what cannot. Laws:
 * - A relay may run: then a copy is looked at, and the relay quarantines what was found. Repairs are for one that is stopped.
 * - What a Postgres holds is looked at in a copy, and quarantined there by this process; nodes that start during a repair wait for its end.
 * - It ends with 0 when all is well, with 1 when something is damaged, and with 2 when that is mended and devices are asked for what they hold.
 */
import { JoineryError, type DocumentPlace, type Store, type StoreLook, type StoreUpkeep } from '@joinery/core'
import { defineCommand } from 'citty'
import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { spelledOut } from '../logs/redaction.ts'
import { askRelay } from '../hatch/through-hatch.ts'
import type { LookThrough, OpenStore } from '../upkeep/backup.ts'
import { examineCopy } from '../upkeep/examination.ts'
import { noBackup } from '../upkeep/manifest.ts'
import { findDamage, repair, type Repaired, type Verified } from '../upkeep/verify.ts'
import { DATA_ARGS, dataPlace, type DataPlace } from './data-folder.ts'
import { copyPostgres, type PostgresParts } from './postgres.ts'
import { DATABASE } from './settings.ts'
import { orSay, type Terminal } from './terminal.ts'

export interface VerifyParts extends Pick<PostgresParts, 'openPostgres' | 'withoutNodes'> {
  readonly terminal: Terminal
  readonly openStore: OpenStore
  readonly look: LookThrough
}

const ARGS = {
  ...DATA_ARGS,
  repair: { type: 'boolean', default: false, description: 'Mend what is damaged. The relay is stopped' },
  from: { type: 'string', description: 'With --repair: a backup to take it from; devices bring the rest' },
  scratch: { type: 'string', description: 'Folder with room for a copy, if not the usual one' },
} as const

interface Asked {
  readonly repair: boolean
  readonly from?: string | undefined
  readonly scratch?: string | undefined
}

const DAMAGED = 1
const WAITING = 2
/** What a relay is told of at once. */
const PAGE = 64

export function verifyCommand({ terminal, openStore, look, ...parts }: VerifyParts) {
  const say = (what: string, place: DocumentPlace, more: string): void =>
    terminal.out(`${what.padEnd(9)} ${spelledOut(`${place.space}/${place.document}`)}${more}\n`)

  const verified = async (file: string): Promise<Verified> => {
    // Who has it open is said before anything else.
    await openStore({ file, lockTimeout: 0 }).close()
    const looked = await look({ file, deep: true })
    const store = openStore({ file, lockTimeout: 0 })
    try {
      return await findDamage(looked, store)
    } finally {
      await store.close()
    }
  }

  const running = async (data: string, scratch: string): Promise<Verified | undefined> => {
    const folder = await mkdtemp(join(scratch, 'joinery-verify-'))
    try {
      const copy = join(folder, DATABASE)
      if (!(await askRelay(data, relay => relay.copyTo(copy)))) return undefined
      const found = await verified(copy)
      for (let at = 0; at < found.damaged.length; at += PAGE)
        await askRelay(data, relay => relay.suspect(found.damaged.slice(at, at + PAGE)))
      return found
    } finally {
      await rm(folder, { recursive: true, force: true })
    }
  }

  /** What a Postgres holds is looked at in a copy, whether relays run on it or not. */
  const copied = async <T>(url: string, scratch: string, work: (copy: string) => Promise<T>): Promise<T> => {
    const folder = await mkdtemp(join(scratch, 'joinery-verify-'))
    try {
      const copy = join(folder, DATABASE)
      await copyPostgres(parts, url, copy)
      return await work(copy)
    } finally {
      await rm(folder, { recursive: true, force: true })
    }
  }

  const openAt = async (place: Place): Promise<Store & StoreUpkeep> =>
    'url' in place ? parts.openPostgres(place) : openStore({ file: place.file, lockTimeout: 0 })

  /** Also of what was seen before. */
  const lookedAt = (place: Place, scratch: string): Promise<StoreLook> =>
    'url' in place
      ? copied(place.url, scratch, file => look({ file, deep: true }))
      : look({ file: place.file, deep: true })

  const repaired = async (
    place: Place,
    found: Verified,
    from: string | undefined,
    scratch: string,
  ): Promise<Repaired> => {
    const folder = await mkdtemp(join(scratch, 'joinery-repair-'))
    const copy = join(folder, DATABASE)
    const store = await openAt(place)
    try {
      if (from === undefined) return await repair(found, store, undefined)
      const { checks } = await examineCopy({ from, file: copy, openStore, look })
      const broken = checks.find(({ ok }) => !ok)
      if (broken !== undefined) throw noBackup(from, `${broken.what}: ${broken.said}`)
      const donor = openStore({ file: copy, lockTimeout: 0 })
      try {
        return await repair(found, store, donor)
      } finally {
        await donor.close()
      }
    } finally {
      await store.close()
      await rm(folder, { recursive: true, force: true })
    }
  }

  const quarantine = async (where: Place, damaged: readonly DocumentPlace[]): Promise<void> => {
    const store = await openAt(where)
    try {
      for (const place of damaged)
        if (!(await canBeRead(store, place))) await store.quarantine(place.space, place.document, 'QUARANTINED')
    } finally {
      await store.close()
    }
  }

  return defineCommand({
    meta: { name: 'verify', description: 'Read all that a relay keeps, and say what is damaged.' },
    args: ARGS,
    run: orSay(terminal, async context => {
      const where = dataPlace(context, ARGS, terminal.environment)
      if (context.args.from !== undefined && !context.args.repair)
        throw new JoineryError('BAD_INPUT', { sentence: '--from goes with --repair: without it nothing is mended.' })
      if (!('url' in where) || !context.args.repair) return verify(context.args, where)
      await parts.withoutNodes(where.url, () => verify(context.args, where))
    }),
  })

  async function verify(args: Asked, where: DataPlace): Promise<void> {
    const scratch = resolve(args.scratch ?? tmpdir())
    const place = placeOf(where)
    const seen = 'url' in place || args.repair ? undefined : await running(dirname(place.file), scratch)
    const found = seen ?? ('url' in place ? await copied(place.url, scratch, verified) : await verified(place.file))
    const { look: looked, documents, damaged } = found
    for (const broken of looked.integrity) terminal.out(`pages     ${broken}\n`)
    for (const one of damaged) say('damaged', one, '')
    for (const one of looked.quarantined) if (one.code === 'GAP') say('waits', one, ' for a device')
    if (looked.marks.wrong > 0) terminal.out(`marks     ${looked.marks.wrong} do not follow from the log\n`)
    const isSound = damaged.length + looked.rows.damaged + looked.marks.wrong + looked.integrity.length === 0
    const isWaiting = looked.quarantined.some(one => one.code === 'GAP')
    let code = isSound ? 0 : DAMAGED
    if (!isSound && !args.repair && seen === undefined) await quarantine(place, damaged)
    if ((!isSound || isWaiting) && args.repair && looked.integrity.length === 0) {
      const from = args.from === undefined ? undefined : resolve(args.from)
      const { mended, remarked, spaces } = await repaired(place, found, from, scratch)
      for (const { fate, entries, ...one } of mended) {
        if (fate === 'whole') say('repaired', one, `, ${entries} entries`)
        else say('left', one, ` with ${entries} entries: devices are asked for the rest`)
      }
      for (const space of remarked)
        terminal.out(`follows   ${spelledOut(space)} again: devices are asked for what they hold\n`)
      // Once more: what is kept of the past is read by who looks at it, and is not mended here; nor is a log that lacks rows.
      const { rows, marks, disagreeing } = await lookedAt(place, scratch)
      for (const { space, seq, document } of rows.listed)
        say('past', { space, document: document ?? `at ${seq}` }, ` is damaged at ${seq}, and is not mended`)
      if (marks.wrong > 0)
        terminal.out(`marks     ${marks.wrong} cannot be mended, rows of the log are missing: restore a backup\n`)
      for (const one of disagreeing) say('damaged', one, ' still: restore a backup')
      code = rows.damaged + marks.wrong + disagreeing.length > 0 ? DAMAGED : spaces.length > 0 ? WAITING : 0
    }
    terminal.out(`${documents} documents, ${looked.entries} entries read: ${damaged.length} documents damaged\n`)
    if (code !== 0) terminal.exit(code)
  }
}

type Place = { readonly url: string } | { readonly file: string }

function placeOf(where: DataPlace): Place {
  if ('url' in where) return where
  const data = resolve(where.folder)
  const file = join(data, DATABASE)
  if (!existsSync(file)) throw new JoineryError('BAD_INPUT', { sentence: `There is no ${DATABASE} in ${data}.` })
  return { file }
}

/** It may have been purged since it was seen, or mended. */
async function canBeRead(store: Store, { space, document }: DocumentPlace): Promise<boolean> {
  try {
    await store.body(space, document)
    await store.authors(space, document)
    return true
  } catch (error) {
    if (error instanceof JoineryError && error.code === 'QUARANTINED') return false
    throw error
  }
}
