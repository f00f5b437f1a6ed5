// In a real browser: what y-indexeddb kept in its IndexedDB, taken over into the client's.
import { defineKind, defineLibrary, text } from '@joinery/core/kinds'
import { expect, test } from 'vitest'
import { IndexeddbPersistence } from 'y-indexeddb'
import * as Y from 'yjs'
import { adoptYIndexedDb } from '../src/adopt.ts'
import { createClient } from '../src/index.ts'

const page = defineKind('page', {
  version: 1,
  fields: { body: text() },
  alias: { codemirror: 'body' },
  row: d => ({ body: d.body.toString() }),
})
const library = defineLibrary('adopting', { page })

async function opened(name: string): Promise<{ doc: Y.Doc; persistence: IndexeddbPersistence }> {
  const doc = new Y.Doc()
  const persistence = new IndexeddbPersistence(name, doc)
  await persistence.whenSynced
  return { doc, persistence }
}

test('[S1] what y-indexeddb kept is adopted while its app still has it open, in two tabs at once, and is there after a restart', async () => {
  const name = `plan ${crypto.randomUUID()}`
  const { doc, persistence } = await opened(name)
  for (let i = 0; i < 700; i++) doc.getText('codemirror').insert(i, 'x')
  doc.getText('codemirror').delete(0, 100)
  await persistence.set('meta', 'kept')
  const user = crypto.randomUUID()
  const tabs = [await createClient({ library, user }), await createClient({ library, user })]
  const adopted = await Promise.all(
    tabs.map(client => adoptYIndexedDb(client, { database: name, as: { kind: 'page', id: 'plan' } })),
  )
  expect(adopted.map(({ found, whole }) => [found, whole])).toEqual([
    [true, true],
    [true, true],
  ])
  for (const client of tabs) await client.close()
  const client = await createClient({ library, user })
  {
    using here = await client.page.open('plan')
    expect(here.view.body.toString()).toBe('x'.repeat(600))
  }
  // It goes on there, and what is new is adopted, into the open document.
  doc.getText('codemirror').insert(600, ' new')
  await persistence.destroy()
  using here = await client.page.open('plan')
  const shown = new Promise<void>(resolve => {
    here.subscribe(view => {
      if (view.body.toString().endsWith(' new')) resolve()
    })
  })
  await adoptYIndexedDb(client, { database: name, as: { kind: 'page', id: 'plan' } })
  await shown
  const again = await opened(name)
  expect(again.doc.getText('codemirror').toJSON()).toBe(`${'x'.repeat(600)} new`)
  expect(await again.persistence.get('meta')).toBe('kept')
  await again.persistence.clearData()
  await client.logout()
})

test('looking for a database that is not there makes none', async () => {
  const name = `none ${crypto.randomUUID()}`
  const client = await createClient({ library, user: crypto.randomUUID() })
  expect(await adoptYIndexedDb(client, { database: name, as: { kind: 'page' } })).toMatchObject({ found: false })
  expect((await indexedDB.databases()).map(database => database.name)).not.toContain(name)
  await client.logout()
})
