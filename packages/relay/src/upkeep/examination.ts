/**
 * Holds a copy of a backup against what the backup says of itself (BK-02). Laws:
 * - Every part, page, row, mark and document is looked at; nothing is taken on trust but the manifest, which is sealed.
 * - What was damaged when the backup was made is no fault of the backup: it is there as it was, and said.
 */
import { JoineryError, type StoreLook } from '@joinery/core'
import { constants, createReadStream } from 'node:fs'
import { copyFile, rm } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { createInterface } from 'node:readline'
import { DATABASE } from '../commands/settings.ts'
import { CONTENTS, type LookThrough, type OpenStore } from './backup.ts'
import { contentsOf, type ContentsLine } from './contents.ts'
import { checkPart, fsyncFile, partOf, readManifest, type Manifest } from './manifest.ts'

export interface Checked {
  readonly what: string
  readonly ok: boolean
  readonly said: string
}

export interface Examined {
  readonly manifest: Manifest
  readonly checks: readonly Checked[]
}

/** Copies the store of a backup to `file`, where nothing may be, and looks through both. What it finds wrong ends it. */
export async function examineCopy(options: {
  readonly from: string
  readonly file: string
  readonly openStore: OpenStore
  readonly look: LookThrough
}): Promise<Examined> {
  const { from, file, openStore, look } = options
  const manifest = await readManifest(from)
  const checks: Checked[] = []
  const check = async (what: string, run: () => Promise<string>): Promise<boolean> => {
    try {
      checks.push({ what, ok: true, said: await run() })
      return true
    } catch (error) {
      checks.push({ what, ok: false, said: sentenceIn(error) })
      return false
    }
  }
  const steps: readonly (readonly [string, () => Promise<string>])[] = [
    ...manifest.parts.map(part => [part.name, async () => (await checkPart(from, part), 'as it was written')] as const),
    ['copy', () => copyStore(from, file, manifest)],
    ['pages, rows, marks', async () => lookedAt(await look({ file, deep: true }), manifest)],
    ['documents', () => compare(from, file, openStore)],
  ]
  for (const [what, run] of steps) if (!(await check(what, run))) break
  return { manifest, checks }
}

async function copyStore(from: string, file: string, { parts }: Manifest): Promise<string> {
  const part = parts.find(({ name }) => name === DATABASE)
  if (part === undefined) throw wrong(`there is no ${DATABASE} in it`)
  await rm(file, { force: true })
  await rm(`${file}-wal`, { force: true })
  await copyFile(join(from, DATABASE), file, constants.COPYFILE_FICLONE | constants.COPYFILE_EXCL)
  await fsyncFile(file)
  const { sha256 } = await partOf(dirname(file), basename(file))
  if (sha256 !== part.sha256) throw wrong('what was written reads back as something else')
  return `${part.bytes} bytes, read back`
}

function lookedAt({ integrity, rows, marks, entries }: StoreLook, { damaged }: Manifest): string {
  if (integrity[0] !== undefined) throw wrong(`SQLite finds its pages broken: ${integrity[0]}`)
  if (rows.damaged > damaged.rows) throw wrong(`${rows.damaged} rows do not fit their checksums`)
  if (marks.wrong > damaged.marks) throw wrong(`${marks.wrong} marks do not follow from the log`)
  const before =
    damaged.rows + damaged.marks > 0 ? `, of which ${damaged.rows} and ${damaged.marks} were wrong before` : ''
  return `${entries} rows and ${marks.looked} marks${before}`
}

/** Line by line, since there may be millions. */
async function compare(from: string, file: string, openStore: OpenStore): Promise<string> {
  const store = openStore({ file, lockTimeout: 0 })
  const told = createInterface({ input: createReadStream(join(from, CONTENTS)) })[Symbol.asyncIterator]()
  let documents = 0
  try {
    for await (const line of contentsOf(store)) {
      const next = await told.next()
      if (next.done === true || next.value !== JSON.stringify(line))
        throw wrong(`${nameOf(line)} is another than it was`)
      if ('document' in line) documents += 1
    }
    const rest = await told.next()
    if (rest.done !== true) throw wrong(`${nameOf(JSON.parse(rest.value) as ContentsLine)} is not in it`)
  } finally {
    await store.close()
  }
  return `${documents} digests are what the manifest names`
}

function nameOf(line: ContentsLine): string {
  return 'document' in line ? `${line.space}/${line.document}` : line.space
}

function wrong(sentence: string): JoineryError {
  return new JoineryError('BAD_INPUT', { sentence })
}

function sentenceIn(error: unknown): string {
  const own = error instanceof JoineryError ? error.details['sentence'] : undefined
  return typeof own === 'string' ? own : error instanceof Error ? error.message : 'It failed.'
}
