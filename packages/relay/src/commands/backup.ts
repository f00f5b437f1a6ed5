/**
 * `joinery backup`: a copy of a whole relay, whether it runs or not. Laws:
 * - While a relay runs it makes the copy itself, in steps between which it serves; everything else is done by this process.
 * - It ends with 0 when the backup is whole, and with 2 when something in the store was damaged already: that is said, and the rest is good.
 */
import { JoineryError, type Clock } from '@joinery/core'
import { defineCommand } from 'citty'
import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { spelledOut } from '../logs/redaction.ts'
import { askRelay } from '../hatch/through-hatch.ts'
import { makeBackup, type LookThrough, type OpenStore } from '../upkeep/backup.ts'
import { DATABASE } from './settings.ts'
import { orSay, type Terminal } from './terminal.ts'

export interface BackupParts {
  readonly terminal: Terminal
  readonly clock: Pick<Clock, 'now'>
  readonly openStore: OpenStore
  readonly look: LookThrough
  /** Of a store that nobody has open. */
  readonly copyStore: (options: { readonly file: string; readonly to: string }) => Promise<void>
}

const DAMAGED = 2

export function backupCommand({ terminal, clock, openStore, look, copyStore }: BackupParts) {
  return defineCommand({
    meta: { name: 'backup', description: 'Copy a whole relay into a folder. It may run meanwhile.' },
    args: {
      data: { type: 'string', required: true, description: 'The data folder of the relay' },
      to: { type: 'string', required: true, description: 'Folder for the backup: new, or empty' },
    },
    run: orSay(terminal, async ({ args }) => {
      const [data, to] = [resolve(args.data), resolve(args.to)]
      const file = join(data, DATABASE)
      if (!existsSync(file)) throw new JoineryError('BAD_INPUT', { sentence: `There is no ${DATABASE} in ${data}.` })
      const { manifest, damaged: listed } = await makeBackup({
        to,
        clock,
        openStore,
        look,
        async copy(into) {
          if (!(await askRelay(data, relay => relay.copyTo(into)))) await copyStore({ file, to: into })
        },
      })
      const { spaces, documents, entries } = manifest
      terminal.out(`backed up ${spaces} spaces, ${documents} documents, ${entries} entries to ${to}\n`)
      const { damaged } = manifest
      if (damaged.documents + damaged.rows + damaged.marks === 0) return
      const named = listed.length === 0 ? '' : `: ${listed.map(spelledOut).join(', ')}`
      const { documents: unread, rows, marks } = damaged
      terminal.err(
        `joinery: in it as it was are ${rows} damaged rows, ${marks} wrong marks, ${unread} unreadable documents${named}. See joinery verify.\n`,
      )
      terminal.exit(DAMAGED)
    }),
  })
}
