/** `joinery restore` and `joinery drill`: a backup in the place of a relay's data, or only tried. What is not whole ends with 1. */
import type { Clock, Random } from '@joinery/core'
import { defineCommand } from 'citty'
import { tmpdir } from 'node:os'
import { resolve } from 'node:path'
import { spelledOut } from '../logs/redaction.ts'
import type { LookThrough, OpenStore } from '../upkeep/backup.ts'
import { drill } from '../upkeep/drill.ts'
import { restoreBackup } from '../upkeep/restore.ts'
import { orSay, type Terminal } from './terminal.ts'

export interface RestoreParts {
  readonly terminal: Terminal
  readonly clock: Pick<Clock, 'now'>
  readonly random: Random
  readonly openStore: OpenStore
  readonly look: LookThrough
}

const from = { type: 'string', required: true, description: 'The folder of a backup' } as const

export function restoreCommand({ terminal, ...parts }: RestoreParts) {
  return defineCommand({
    meta: { name: 'restore', description: "Put a backup in the place of a relay's data. The relay is stopped." },
    args: {
      from,
      data: { type: 'string', required: true, description: 'The data folder' },
      force: { type: 'boolean', default: false, description: 'Move aside what the folder holds' },
    },
    run: orSay(terminal, async ({ args }) => {
      const [backup, data] = [resolve(args.from), resolve(args.data)]
      const { manifest, aside } = await restoreBackup({ from: backup, data, force: args.force, ...parts })
      if (aside !== undefined) terminal.out(`what was there is ${aside}\n`)
      const { madeAt, documents, entries, damaged } = manifest
      if (damaged.documents > 0)
        terminal.err(`joinery: ${damaged.documents} documents in it are damaged: see joinery verify.\n`)
      terminal.out(`restored ${documents} documents, ${entries} entries as of ${madeAt} to ${data}\n`)
    }),
  })
}

const WIDTH = 20
const HOUR_MS = 3_600_000

export function drillCommand({ terminal, clock, ...parts }: RestoreParts) {
  return defineCommand({
    meta: { name: 'drill', description: 'Try whether a backup can be restored. Leaves nothing.' },
    args: {
      from,
      scratch: { type: 'string', description: 'Folder with room for the copy, if not the usual one' },
    },
    run: orSay(terminal, async ({ args }) => {
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
