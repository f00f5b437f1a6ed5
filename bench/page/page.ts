// What the browser benchmarks run inside the page: the shipping client on IndexedDB, with no relay.
import type { Engine } from '@joinery/core'
import { defineLibrary, note } from '@joinery/core/kinds'
import { yjs } from '@joinery/adapters/engines/yjs'
import { createClient } from '@joinery/client'

const library = defineLibrary('bench', { note })

let built = 0
const counted: Engine = {
  ...yjs,
  open(author) {
    built += 1
    return yjs.open(author)
  },
}
const open = () => createClient({ library, user: 'bench', engines: [counted] })

const bench = {
  /** Makes a library of so many notes. */
  async fill(count: number): Promise<void> {
    const client = await open()
    const receipts: Promise<void>[] = []
    for (let at = 0; at < count; at++) {
      receipts.push(client.note.create({ title: `Note ${at}`, pinned: at % 50 === 0 }).saved)
      if (receipts.length === 500) await Promise.all(receipts.splice(0))
    }
    await Promise.all(receipts)
    await client.close()
  },

  /** From a page that has just loaded to the first 50 rows, newest first. */
  async firstRows(): Promise<{ ms: number; rows: number; built: number }> {
    built = 0
    const began = performance.now()
    const client = await open()
    const rows = await new Promise<number>(resolve => {
      client.note
        .where({})
        .orderBy('updatedAt', 'desc')
        .limit(50)
        .subscribe(result => {
          if (result.state !== 'loading') resolve(result.rows.length)
        })
    })
    const ms = performance.now() - began
    const result = { ms, rows, built }
    await client.close()
    return result
  },

  /** How long each of so many edits of one note takes to be saved, one after the other, with a pause as between key presses. */
  async saved(count: number): Promise<number[]> {
    const client = await open()
    const { id } = client.note.create({ title: 'Typing' })
    const typing = await client.note.open(id)
    const took: number[] = []
    for (let at = 0; at < count; at++) {
      const began = performance.now()
      await typing.change(draft => draft.body.insert(0, 'x')).saved
      took.push(performance.now() - began)
      await new Promise(resolve => setTimeout(resolve, 30))
    }
    typing[Symbol.dispose]()
    await client.close()
    return took
  },
}
export type BenchPage = typeof bench

Object.assign(globalThis, { bench })
