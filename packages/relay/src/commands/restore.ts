/** `joinery restore` and `joinery drill`: a backup in the place of a relay's data, or only tried. What is not whole ends with 1. */
import { JoineryError, type Clock, type PutBack, type Random } from '@joinery/core'
import { defineCommand } from 'citty'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { spelledOut } from '../logs/redaction.ts'
import type { LookThrough, OpenStore } from '../upkeep/backup.ts'
import { drill } from '../upkeep/drill.ts'
import { readMoment } from '../upkeep/moment.ts'
import { restoreBackup, type PutStoreBack, type Restored } from '../upkeep/restore.ts'
import { refuseUnknown } from './configured.ts'
import { DATA_ARGS, dataPlace } from './data-folder.ts'
import type { PostgresParts } from './postgres.ts'
import { orSay, type Terminal } from './terminal.ts'

export interface DrillParts {
  readonly terminal: Terminal
  readonly clock: Pick<Clock, 'now'>
  readonly openStore: OpenStore
  readonly look: LookThrough
}

export interface RestoreParts extends DrillParts, Pick<PostgresParts, 'restorePostgres' | 'refuseUnlessFree'> {
  readonly random: Random
  readonly putStoreBack: PutStoreBack
}

const from = { type: 'string', required: true, description: 'The folder of a backup' } as const

const scratch = { type: 'string', description: 'Folder with room for the copy, if not the usual one' } as const

const RESTORE_ARGS = {
  from,
  ...DATA_ARGS,
  at: { type: 'string', description: 'A moment before the backup, as 2026-11-20T14:00:00Z: as it all was then' },
  force: { type: 'boolean', default: false, description: 'Move aside what is there' },
  scratch,
} as const

/** It is made ready in a file, as it is anywhere, and put there as a whole. */
async function intoPostgres(
  options: Omit<Parameters<typeof restoreBackup>[0], 'data'> &
    Omit<RestoreParts, 'terminal'> & { readonly url: string; readonly scratch: string },
): Promise<Restored> {
  const { url, force } = options
  await options.refuseUnlessFree({ url, force })
  const folder = await mkdtemp(join(options.scratch, 'joinery-restore-'))
  try {
    return await restoreBackup({
      ...options,
      data: folder,
      into: async file => (await options.restorePostgres({ url, file, force })).aside,
    })
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

export function restoreCommand({ terminal, ...parts }: RestoreParts) {
  return defineCommand({
    meta: { name: 'restore', description: "Put a backup in the place of a relay's data. The relay is stopped." },
    args: RESTORE_ARGS,
    run: orSay(terminal, async context => {
      const { args } = context
      const place = dataPlace(context, RESTORE_ARGS, terminal.environment)
      if ('folder' in place && args.scratch !== undefined)
        throw new JoineryError('BAD_INPUT', { sentence: MADE_IN_PLACE })
      const at = args.at === undefined ? undefined : readMoment(args.at)
      const given = { from: resolve(args.from), force: args.force, at, ...parts }
      const restored =
        'url' in place
          ? await intoPostgres({ ...given, url: place.url, scratch: resolve(args.scratch ?? tmpdir()) })
          : await restoreBackup({ ...given, data: resolve(place.folder) })
      const { manifest, aside, putBack, documents, entries } = restored
      const data = 'url' in place ? 'Postgres' : resolve(place.folder)
      if (aside !== undefined) terminal.out(`what was there is ${aside}\n`)
      const { madeAt, damaged } = manifest
      if (damaged.documents > 0)
        terminal.err(`joinery: ${damaged.documents} documents in it are damaged: see joinery verify.\n`)
      if (putBack !== undefined) terminal.out(told(putBack))
      const asOf = at === undefined ? madeAt : new Date(at).toISOString()
      terminal.out(`restored ${documents} documents, ${entries} entries as of ${asOf} to ${data}\n`)
      if (putBack !== undefined) terminal.out(COMES_BACK)
    }),
  })
}

const MADE_IN_PLACE =
  '--scratch is for a restore into a Postgres: into a folder, what is put in place is made ready in that folder.'

const COMES_BACK = `\
Devices bring back what they hold that is newer, and it is recorded as brought by them: this mends a relay, and undoes nothing that
they have seen. Who wants an old state of a document back restores that version from its history, which is a new edit.
`

function told({ entries, unfolded, unmade, purged, members }: PutBack): string {
  const lines = [`${entries} later entries left out, ${unmade} later documents, ${members} changes of members`]
  if (unfolded > 0) lines.push(`${unfolded} documents stand again as they were written before they were folded`)
  if (purged.documents > 0) {
    const more = purged.documents > purged.listed.length ? ', …' : ''
    const named = purged.listed.map(({ space, document }) => spelledOut(`${space}/${document}`)).join(', ')
    lines.push(`${purged.documents} documents were purged since and stay purged: ${named}${more}`)
  }
  return lines.map(line => `${line}\n`).join('')
}

const WIDTH = 20
const HOUR_MS = 3_600_000

const DRILL_ARGS = { from, scratch } as const

export function drillCommand({ terminal, clock, ...parts }: DrillParts) {
  return defineCommand({
    meta: { name: 'drill', description: 'Try whether a backup can be restored. Leaves nothing.' },
    args: DRILL_ARGS,
    run: orSay(terminal, async context => {
      refuseUnknown(context, DRILL_ARGS)
      const { args } = context
      const { manifest, checks } = await drill({
        from: resolve(args.from),
        scratch: resolve(args.scratch ?? tmpdir()),
        ...parts,
      })
      for (const { what, ok, said } of checks)
        terminal.out(`${ok ? 'ok   ' : 'WRONG'}  ${what.padEnd(WIDTH)}  ${spelledOut(said)}\n`)
      const hours = ((clock.now() - Date.parse(manifest.madeAt)) / HOUR_MS).toFixed(1)
      const isWhole = checks.every(({ ok }) => ok)
      terminal.out(
        `${isWhole ? 'It can be restored' : 'It cannot be restored'}: made ${hours} h ago, ${manifest.madeAt}\n`,
      )
      if (!isWhole) terminal.exit(1)
    }),
  })
}
