/** Finding documents by words, on the device: every word of the question is the beginning of a word of the document. */
import type { ReadTransaction } from '@joinery/core'
import { keys } from '../replica/layout.ts'
import type { RowValue } from '../replica/shape.ts'
import { beginningsOf } from './words.ts'

/** Ids of the kind's documents that have all words. */
async function find(tx: ReadTransaction, space: string, kind: string, question: string): Promise<Set<string>> {
  let found: Set<string> | undefined
  for (const beginning of beginningsOf(question)) {
    const entries = await tx.range('index', {
      prefix: keys.word(space, kind),
      from: keys.word(space, kind, beginning),
      before: keys.word(space, kind, `${beginning}\uffff`),
    })
    const documents = new Set(entries.map(({ key }) => key.at(-1) as string))
    found = found === undefined ? documents : new Set([...found].filter(document => documents.has(document)))
    if (found.size === 0) break
  }
  return found ?? new Set()
}

/** Rows of what was found, the last edited first. Nothing is found by an empty question, and nothing in the trash. */
export async function search(
  tx: ReadTransaction,
  space: string,
  kind: string,
  question: string,
  limit: number,
): Promise<{ rows: RowValue[]; more: boolean }> {
  const found = [...(await find(tx, space, kind, question))]
  const values = await tx.getMany(
    'rows',
    found.map(document => keys.row(space, kind, document)),
  )
  const rows = values.filter(value => value !== undefined).map(value => value as RowValue)
  const shown = rows.filter(row => row['trashed'] === false)
  shown.sort((a, b) => Number(b['updatedAt']) - Number(a['updatedAt']))
  return { rows: shown.slice(0, limit), more: shown.length > limit }
}
