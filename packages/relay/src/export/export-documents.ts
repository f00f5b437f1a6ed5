/**
 * Writes documents into a folder. Laws:
 * - One document is in memory at a time, and the list of them is written as it goes: a relay of any size fits.
 * - The bytes are the log's own, joined: whoever applies them has the document. What it shows is beside them, where it can be read.
 * - A document that cannot be read is named with its reason and takes no other with it; `export.json` is written last, so a folder with it
 *   is whole.
 * - Each is as of the moment when it is read; a relay may be running.
 */
import { isId, JoineryError, type DocumentHead } from '@joinery/core'
import { createHash } from 'node:crypto'
import { appendFile, mkdir, readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Counter } from '../hatch/calls.ts'
import { makeFolder } from '../made-folder.ts'
import { markdownOf } from './markdown.ts'

export interface Exporting {
  readonly counter: Pick<Counter, 'spaces' | 'documents' | 'body' | 'members'>
  readonly folder: string
  /** All if absent. */
  readonly space: string | undefined
  /** One update that holds these; undefined when this engine's are not put together. */
  readonly join: (engine: string, updates: readonly Uint8Array[]) => Promise<Uint8Array | undefined>
  /** What they show, as JSON. */
  readonly read: (engine: string, updates: readonly Uint8Array[]) => Promise<string | undefined>
}

export interface ExportTotals {
  readonly spaces: number
  readonly documents: number
  readonly bytes: number
  /** Of which something could not be written. */
  readonly failed: number
}

/** A line of `index.jsonl`. */
interface Line {
  readonly space: string
  readonly document: string
  readonly kind: string
  readonly engine: string
  readonly seq: number
  readonly quarantined?: string | undefined
  /** Files, from the folder. */
  readonly update?: string
  readonly bytes?: number
  readonly sha256?: string
  readonly json?: string
  readonly markdown?: string
  /** Why something is not there. */
  readonly failed?: string
}

const PAGE = 256
const INDEX = 'index.jsonl'
const WHOLE = 'export.json'

/** Rejects with BAD_INPUT when the folder is there and not empty. */
export async function exportDocuments(exporting: Exporting): Promise<ExportTotals> {
  const { counter, folder } = exporting
  await makeFolder(folder)
  if ((await readdir(folder)).length > 0)
    throw new JoineryError('BAD_INPUT', { what: folder, rule: 'a folder that is empty, or not there yet' })
  await writeFile(join(folder, INDEX), '', { mode: 0o600 })
  let totals: ExportTotals = { spaces: 0, documents: 0, bytes: 0, failed: 0 }
  for await (const space of spacesOf(exporting)) {
    // A name that the relay did not give leads nowhere else.
    if (!isId(space)) continue
    await mkdir(join(folder, space), { mode: 0o700 })
    await writeFile(join(folder, space, 'members.json'), `${JSON.stringify(await counter.members(space))}\n`)
    for await (const head of documentsOf(counter, space)) {
      const line = await exportOne(exporting, space, head)
      await appendFile(join(folder, INDEX), `${JSON.stringify(line)}\n`)
      totals = {
        ...totals,
        documents: totals.documents + 1,
        bytes: totals.bytes + (line.bytes ?? 0),
        failed: totals.failed + (line.failed === undefined ? 0 : 1),
      }
    }
    totals = { ...totals, spaces: totals.spaces + 1 }
  }
  await writeFile(join(folder, WHOLE), `${JSON.stringify({ format: 1, ...totals }, undefined, 2)}\n`)
  return totals
}

async function* spacesOf({ counter, space }: Exporting): AsyncGenerator<string> {
  if (space !== undefined) {
    yield space
    return
  }
  for (let after = ''; ;) {
    const page = await counter.spaces(after, PAGE)
    for (const one of page) yield one.space
    const last = page.at(-1)
    if (last === undefined) return
    after = last.space
  }
}

/** Newest first. What is written meanwhile moves to the front, behind which this is already. */
async function* documentsOf(counter: Exporting['counter'], space: string): AsyncGenerator<DocumentHead> {
  for (let before = Infinity; ;) {
    const page = await counter.documents(space, before, PAGE)
    for (const head of page) if (head.state === 'live') yield head
    const last = page.at(-1)
    if (last === undefined) return
    before = last.seq
  }
}

async function exportOne(exporting: Exporting, space: string, head: DocumentHead): Promise<Line> {
  const { document, kind, engine, seq, quarantined } = head
  const line: Line = { space, document, kind, engine, seq, quarantined }
  if (!isId(document)) return { ...line, failed: 'NAME' }
  try {
    const entries = await exporting.counter.body(space, document)
    const updates = entries.filter(({ bytes }) => bytes.length > 0).map(({ bytes }) => bytes)
    const update = await exporting.join(engine, updates)
    if (update === undefined) return { ...line, failed: 'ENGINE' }
    const at = `${space}/${document}`
    await write(exporting, `${at}.update`, update)
    const sha256 = createHash('sha256').update(update).digest('hex')
    const written = { ...line, update: `${at}.update`, bytes: update.length, sha256 }
    return { ...written, ...(await exportShown(exporting, engine, updates, at)) }
  } catch (error) {
    return { ...line, failed: codeOf(error) }
  }
}

async function exportShown(
  exporting: Exporting,
  engine: string,
  updates: readonly Uint8Array[],
  at: string,
): Promise<Pick<Line, 'json' | 'markdown' | 'failed'>> {
  try {
    const json = await exporting.read(engine, updates)
    if (json === undefined) return {}
    await write(exporting, `${at}.json`, `${json}\n`)
    const markdown = markdownOf(JSON.parse(json))
    if (markdown === undefined) return { json: `${at}.json` }
    await write(exporting, `${at}.md`, markdown)
    return { json: `${at}.json`, markdown: `${at}.md` }
  } catch (error) {
    // Its bytes are there.
    return { failed: codeOf(error) }
  }
}

function write({ folder }: Exporting, name: string, content: string | Uint8Array): Promise<void> {
  return writeFile(join(folder, name), content, { mode: 0o600 })
}

function codeOf(error: unknown): string {
  return error instanceof JoineryError ? error.code : 'BROKEN'
}
