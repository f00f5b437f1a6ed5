/**
 * `joinery import`: documents that another server kept become documents of a space. Laws:
 * - Into the data of a relay that is stopped, or through one that runs; while one has the data open, only through it.
 * - It ends with 0 when all that there was is here, with 2 when something was left out, each named with its reason.
 */
import {
  checkId,
  JoineryError,
  PERSONAL_SPACE,
  type Clock,
  type OldDocuments,
  type Random,
  type Store,
  type Transport,
} from '@joinery/core'
import { defineCommand, type ArgsDef } from 'citty'
import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { resolveSpace } from '../access/personal.ts'
import { importDocuments } from '../import/import-documents.ts'
import { importGate } from '../import/import-gate.ts'
import { linkTarget } from '../import/link-target.ts'
import { roomNames } from '../import/room-names.ts'
import { storeTarget } from '../import/store-target.ts'
import { summaryOf } from '../import/summary.ts'
import type { ImportTarget } from '../import/target.ts'
import type { Log } from '../log.ts'
import { createCounters } from '../metrics/counters.ts'
import { makeFolder } from '../made-folder.ts'
import type { ThreadCode } from '../workers/pool.ts'
import { createWorkers } from '../workers/workers.ts'
import { refuseUnknown } from './configured.ts'
import { DATABASE, listOf } from './settings.ts'
import { orSay, type Terminal } from './terminal.ts'

export interface ImportParts {
  readonly terminal: Terminal
  readonly clock: Clock
  readonly random: Random
  /** By what `--from` calls it. */
  readonly sources: Readonly<Record<string, ImportSource>>
  readonly openStore: (options: { readonly file: string; readonly lockTimeout: number }) => Store
  readonly transport: Transport
  /** What the worker threads run. */
  readonly workers: ThreadCode
  readonly turn: () => Promise<void>
}

export interface ImportSource {
  /** Which argument says where it is. */
  readonly at: 'dir' | 'file'
  readonly open: (path: string) => Promise<OldDocuments>
  /** Whether it calls rooms as they stood in an address. */
  readonly isFromAddress: boolean
}

interface Where {
  readonly 'data'?: string | undefined
  readonly 'url'?: string | undefined
  readonly 'token'?: string | undefined
  readonly 'space': string
  readonly 'owner'?: string | undefined
  readonly 'editors'?: string | undefined
  readonly 'dry-run': boolean
}

const LEFT_OUT = 2
/** Whose the entries are when nobody is named. */
const NOBODY = 'import'
const LOCK_MS = 1_000
const SILENT: Log = { info: () => undefined, warn: () => undefined, error: () => undefined }

export function importCommand(parts: ImportParts) {
  const { terminal, clock, sources } = parts
  const froms = Object.keys(sources).join(' or ')
  const known = {
    'from': { type: 'string', required: true, description: froms },
    'dir': { type: 'string', description: 'The folder of y-leveldb (YPERSISTENCE)' },
    'file': { type: 'string', description: "The file of Hocuspocus' SQLite extension" },
    'space': { type: 'string', required: true, description: 'The space that they become documents of' },
    'data': { type: 'string', description: 'The data folder of a relay that is stopped' },
    'owner': { type: 'string', description: 'With --data: who is made an owner of the space; whose space `me` is' },
    'editors': { type: 'string', description: 'With --data: who may write there too, separated by commas' },
    'url': { type: 'string', description: 'Or a relay that runs, as wss://relay.example' },
    'token': { type: 'string', description: 'With --url: the token of a member; or set JOINERY_TOKEN' },
    'prefix': { type: 'string', default: '', description: 'What stands before rooms in their old names, as collab/' },
    'dry-run': { type: 'boolean', default: false, description: 'Look at everything and write nothing' },
    'json': { type: 'boolean', default: false, description: 'Say what it came to in JSON' },
  } as const satisfies ArgsDef
  return defineCommand({
    meta: { name: 'import', description: 'Take over the documents of a y-websocket or Hocuspocus server.' },
    args: known,
    run: orSay(terminal, async context => {
      refuseUnknown(context, known)
      const { args } = context
      const source = Object.hasOwn(sources, args.from) ? sources[args.from] : undefined
      if (source === undefined) throw new JoineryError('BAD_INPUT', { what: '--from', rule: froms })
      const path = args[source.at]
      if (path === undefined) throw needed(`--${source.at}`, `--from ${args.from}`)
      const old = await source.open(resolve(path))
      const workers = createWorkers({ url: parts.workers, clock, log: SILENT })
      const summary = summaryOf(args['dry-run'])
      try {
        const target = await openTarget(parts, args)
        try {
          await importDocuments({
            source: old,
            target,
            roomOf: roomNames({ prefix: args.prefix, isFromAddress: source.isFromAddress }),
            gate: importGate(),
            replay: updates => workers.replay('yjs', updates),
            isDryRun: args['dry-run'],
            tell: summary.tell,
          })
        } finally {
          await target.close()
        }
      } finally {
        await old.close()
        await workers.close()
      }
      for (const line of args.json ? [summary.json()] : summary.lines()) terminal.out(`${line}\n`)
      if (!summary.isWhole()) terminal.exit(LEFT_OUT)
    }),
  })
}

async function openTarget(parts: ImportParts, where: Where): Promise<ImportTarget> {
  const { data, url } = where
  if (url !== undefined && data === undefined) return linked(parts, url, where)
  if (data === undefined || url !== undefined) throw needed('--data or --url', 'where to')
  return stored(parts, resolve(data), where)
}

async function linked(parts: ImportParts, url: string, where: Where): Promise<ImportTarget> {
  const { token, space } = where
  for (const what of ['owner', 'editors'] as const) {
    if (where[what] !== undefined) throw new JoineryError('BAD_INPUT', { what: `--${what}`, rule: 'goes with --data' })
  }
  const given = token ?? parts.terminal.environment['JOINERY_TOKEN']
  if (given === undefined) throw needed('--token or JOINERY_TOKEN', '--url')
  return linkTarget({ ...parts, url, token: given, space: checkId('space', space) })
}

async function stored(parts: ImportParts, data: string, where: Where): Promise<ImportTarget> {
  const { space: name, owner } = where
  if (name === PERSONAL_SPACE && owner === undefined) throw needed('--owner', `--space ${name}`)
  const space = checkId('space', resolveSpace(owner ?? '', name))
  const file = join(data, DATABASE)
  if (where['dry-run'] && !existsSync(file)) return NOTHING_HELD
  await makeFolder(data)
  const store = parts.openStore({ file, lockTimeout: LOCK_MS })
  if (!where['dry-run']) await admit(store, space, where)
  const target = storeTarget({
    ...parts,
    store,
    space,
    subject: owner ?? NOBODY,
    gate: importGate(),
    log: SILENT,
    counters: createCounters(),
  })
  return {
    ...target,
    async close() {
      await target.close()
      await store.close()
    },
  }
}

async function admit(store: Store, space: string, { owner, editors }: Where): Promise<void> {
  if (owner !== undefined) await store.admit(space, owner, 'owner')
  for (const editor of listOf(editors)) await store.admit(space, editor, 'editor')
}

/** A dry run into what is not there yet. */
const NOTHING_HELD: ImportTarget = {
  held: async () => undefined,
  give: () => Promise.reject(new JoineryError('CLOSED')),
  close: async () => undefined,
}

function needed(what: string, by: string): JoineryError {
  return new JoineryError('BAD_INPUT', { what, rule: `needed: ${by}` })
}
