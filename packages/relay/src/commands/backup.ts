/**
 * `joinery backup`: a copy of a whole relay, whether it runs or not. Laws:
 * - While a relay runs it makes the copy itself, in steps between which it serves; everything else is done by this process.
 * - What is in a Postgres this process reads by itself, as of one moment, whether relays run on it or not.
 * - It ends with 0 when the backup is whole, and with 2 when something in the store was damaged already: that is said, and the rest is good.
 */
import { JoineryError, type Clock } from '@joinery/core'
import { defineCommand } from 'citty'
import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { spelledOut } from '../logs/redaction.ts'
import { askRelay } from '../hatch/through-hatch.ts'
import { makeBackup, type LookThrough, type OpenStore } from '../upkeep/backup.ts'
import { DATA_ARGS, dataPlace } from './data-folder.ts'
import { copyPostgres, type PostgresParts } from './postgres.ts'
import { DATABASE } from './settings.ts'
import { orSay, type Terminal } from './terminal.ts'

export interface BackupParts extends Pick<PostgresParts, 'openPostgres'> {
  readonly terminal: Terminal
  readonly clock: Pick<Clock, 'now'>
  readonly openStore: OpenStore
  readonly look: LookThrough
  /** Of a store that nobody has open. */
  readonly copyStore: (options: { readonly file: string; readonly to: string }) => Promise<void>
}

const ARGS = {
  to: { type: 'string', required: true, description: 'Folder for the backup: new, or empty' },
  ...DATA_ARGS,
} as const

const DAMAGED = 2

export function backupCommand({ terminal, clock, openStore, look, copyStore, ...parts }: BackupParts) {
  return defineCommand({
    meta: { name: 'backup', description: 'Copy a whole relay into a folder. It may run meanwhile.' },
    args: ARGS,
    run: orSay(terminal, async context => {
      const place = dataPlace(context, ARGS, terminal.environment)
      const to = resolve(context.args.to)
      if ('folder' in place && !existsSync(join(place.folder, DATABASE)))
        throw new JoineryError('BAD_INPUT', { sentence: `There is no ${DATABASE} in ${resolve(place.folder)}.` })
      const { manifest, damaged: listed } = await makeBackup({
        to,
        clock,
        openStore,
        look,
        async copy(into) {
          if ('url' in place) return copyPostgres(parts, place.url, into)
          const data = resolve(place.folder)
          const file = join(data, DATABASE)
          if (!(await askRelay(data, relay => relay.copyTo(into)))) await copyStore({ file, to: into })
        },
      })
      const { spaces, documents, entries } = manifest
      terminal.out(`backed up ${spaces} spaces, ${documents} documents, ${entries} entries to ${to}\n`)
      const { damaged } = manifest
      if (damaged.documents + damaged.rows + damaged.marks === 0) return
      const named = listed.length === 0 ? '' : `: ${listed.map(spelledOut).join(', ')}`
      const { documents: spoilt, rows, marks } = damaged
      terminal.err(
        `joinery: in it as it was are ${rows} damaged rows, ${marks} wrong marks, ${spoilt} damaged documents${named}. See joinery verify.\n`,
      )
      terminal.exit(DAMAGED)
    }),
  })
}
