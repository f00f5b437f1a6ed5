/** `joinery export`: documents as files. Law: it ends with 0 when everything is there, with 2 when `index.jsonl` names something that is not. */
import { checkId } from '@joinery/core'
import { defineCommand } from 'citty'
import { resolve } from 'node:path'
import { exportDocuments } from '../export/export-documents.ts'
import type { Workers } from '../workers/workers.ts'
import { atCounter, headOf, type CounterParts } from './counter.ts'
import { DATA_ARGS, dataPlace, JSON_ARGS, OWNER_ARGS, spaceNamed } from './data-folder.ts'
import { orSay, type Terminal } from './terminal.ts'

const LEFT_OUT = 2

const ARGS = {
  folder: { type: 'positional', required: true, description: 'Where to: a folder that is empty, or not there yet' },
  space: { type: 'string', description: 'One space alone' },
  ...OWNER_ARGS,
  ...DATA_ARGS,
  ...JSON_ARGS,
} as const

export function exportCommand(terminal: Terminal, parts: CounterParts) {
  return defineCommand({
    meta: { name: 'export', description: 'Write documents into a folder, as files. A relay may be running.' },
    args: ARGS,
    run: orSay(terminal, async context => {
      const { args } = context
      const space = args.space === undefined ? undefined : checkId('space', spaceNamed(args.space, args.of))
      const folder = resolve(args.folder)
      const place = dataPlace(context, ARGS, terminal.environment)
      const totals = await atCounter(parts, place, async ({ workers, ...counter }) => {
        if (space !== undefined) await headOf(counter, space)
        return exportDocuments({ counter, folder, space, join: joining(workers), read: workers.read })
      })
      const { spaces, documents, bytes, failed } = totals
      terminal.out(
        args.json
          ? `${JSON.stringify(totals)}\n`
          : `${documents} documents of ${spaces} spaces are in ${folder}, ${bytes} bytes; of ${failed} something is missing.\n`,
      )
      if (failed > 0) terminal.exit(LEFT_OUT)
    }),
  })
}

/** Yjs updates by their bytes, which builds nothing and leaves nothing out; of other engines, what they replay to. */
function joining(workers: Workers) {
  return async (engine: string, updates: readonly Uint8Array[]): Promise<Uint8Array | undefined> => {
    if (engine === 'register') return updates.at(-1)
    if (engine !== 'yjs') return (await workers.replay(engine, updates)).snapshot
    return workers.fold(engine, updates, 'join')
  }
}
