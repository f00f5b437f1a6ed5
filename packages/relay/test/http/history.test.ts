/** Versions of documents over HTTP, from a relay that is served. */
import { decodeMessage } from '@joinery/core/protocol'
import { expect, test } from 'vitest'
import * as Y from 'yjs'
import { type, update, writer } from '../rig.ts'
import { served } from '../served.ts'

type Served = Awaited<ReturnType<typeof served>>

function ask(relay: Served, path: string, options: { as?: string; origin?: string; body?: unknown } = {}) {
  const { as = 'ann', origin, body } = options
  return fetch(`http://127.0.0.1:${relay.port}/v1/spaces/garden/documents/${path}`, {
    method: body === undefined ? 'GET' : 'PUT',
    headers: {
      ...(as === '' ? {} : { Authorization: `Bearer dev:${as}` }),
      ...(origin === undefined ? {} : { Origin: origin }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
}

async function textOf(response: Response): Promise<string> {
  const doc = new Y.Doc()
  Y.applyUpdate(doc, new Uint8Array(await response.arrayBuffer()))
  return doc.getText('body').toJSON()
}

/** Five edits, an hour from each to the next, the first four folded. */
async function written(): Promise<Served> {
  const relay = await served({ limits: { foldEntries: 4, foldQuietMs: 50 } })
  const ann = await relay.device('ann', 'phone')
  const one = writer(7)
  for (let n = 1; n <= 5; n++) {
    ann.push('garden', { ...update(n, 'd', one.edit(type(`${n} `))), at: n * 3_600_000 })
    await ann.answer(n)
    if (n === 4) await expect.poll(() => relay.counted('folded'), { timeout: 10_000 }).toBe(1)
  }
  return relay
}

test('[P140] [P141] versions are listed newest first, page by page, and each reads as the document was', async () => {
  const relay = await written()
  const listed = await ask(relay, 'd/history?limit=2')
  expect(listed.headers.get('Cache-Control')).toBe('no-store')
  const { success, data, meta } = (await listed.json()) as {
    success: boolean
    data: { seq: number }[]
    meta: { next: number; keptMs: number }
  }
  expect([success, meta]).toEqual([true, { next: 4, keptMs: 30 * 86_400_000 }])
  expect(data[0]).toEqual({
    seq: 5,
    first: 5,
    authors: ['ann'],
    from: 5 * 3_600_000,
    to: 5 * 3_600_000,
    edits: 1,
    beginning: false,
    name: null,
  })
  const rest = (await (await ask(relay, 'd/history?before=4')).json()) as { data: { seq: number }[]; meta: unknown }
  expect(rest.data.map(({ seq }) => seq)).toEqual([3, 2, 1])
  expect(rest.meta).toMatchObject({ next: null })
  const third = await ask(relay, 'd/history/3')
  expect([third.headers.get('Joinery-Kind'), third.headers.get('Joinery-Engine')]).toEqual(['note', 'yjs'])
  expect(await textOf(third)).toBe('1 2 3 ')
  expect(await textOf(await ask(relay, 'd/history/5'))).toBe('1 2 3 4 5 ')
})

test('[P142] what was written between two versions comes as `bodies`, each entry as it was', async () => {
  const relay = await written()
  const answer = await ask(relay, 'd/history/4/changes?since=2')
  const bodies = decodeMessage(new Uint8Array(await answer.arrayBuffer()))
  if (bodies?.type !== 'bodies') throw new Error('no bodies')
  expect(bodies.entries.map(({ seq, type: of, subject }) => [seq, of, subject])).toEqual([
    [2, 'snapshot', 'ann'],
    [3, 'update', 'ann'],
    [4, 'update', 'ann'],
  ])
  const doc = new Y.Doc()
  for (const { bytes } of bodies.entries) Y.applyUpdate(doc, bytes)
  expect(doc.getText('body').toJSON()).toBe('1 2 3 4 ')
})

test('[P143] a version is named, and its name taken away', async () => {
  const relay = await written()
  const nameOf = async (): Promise<unknown> =>
    ((await (await ask(relay, 'd/history?before=4&limit=1')).json()) as { data: { name: unknown }[] }).data[0]?.name
  expect((await ask(relay, 'd/history/3/name', { as: 'bob', body: { name: 'Third' } })).status).toBe(200)
  expect(await nameOf()).toMatchObject({ name: 'Third', by: 'bob' })
  expect((await ask(relay, 'd/history/3/name', { body: { name: '' } })).status).toBe(200)
  expect(await nameOf()).toBeNull()
  for (const body of [{}, { name: 3 }, 'Third', { name: 'x'.repeat(101) }]) {
    const refused = await ask(relay, 'd/history/3/name', { body })
    expect([refused.status, await refused.json()]).toMatchObject([400, { error: { code: 'BAD_INPUT' } }])
  }
})

test('[P144] [A4] who may not, asks for what is not there, or asks nonsense is answered by a code', async () => {
  const relay = await served({ openToAll: false })
  await relay.store.admit('garden', 'ann', 'editor')
  const ann = await relay.device('ann', 'phone')
  ann.push('garden', update(1, 'd', writer(7).edit(type('one'))), update(2, 'e', writer(8).edit(type('one'))))
  await ann.answer(2)
  ann.push('garden', { ...update(3, 'e', new Uint8Array()), type: 'tombstone' })
  await ann.answer(3)
  const codeOf = async (path: string, options?: { as?: string; origin?: string }): Promise<unknown> => {
    const answer = await ask(relay, path, options)
    const { error } = (await answer.json()) as { error: { code: string; message: string; details: object } }
    return [answer.status, error.code, error.details]
  }
  const absent = [404, 'NOT_FOUND', {}]
  expect(await codeOf('d/history', { as: 'eve' })).toEqual(absent)
  expect(await codeOf('none/history', { as: 'eve' })).toEqual(absent)
  expect(await codeOf('none/history')).toEqual(absent)
  expect(await codeOf('d/history/2')).toEqual(absent)
  expect(await codeOf('__proto__/history')).toEqual(absent)
  expect(await codeOf('e/history')).toEqual([410, 'GONE', {}])
  expect(await codeOf('d/history', { as: '' })).toEqual([401, 'UNAUTHENTICATED', {}])
  expect(await codeOf('d/history/x')).toEqual([400, 'BAD_INPUT', { rule: 'a whole number' }])
  expect(await codeOf('d/history/1/changes')).toEqual([400, 'BAD_INPUT', { rule: 'a whole number' }])
  expect(await codeOf('d/history', { origin: 'https://elsewhere.example' })).toEqual([403, 'FORBIDDEN', {}])
  const many = await Promise.all(Array.from({ length: 80 }, () => ask(relay, 'd/history/1')))
  const late = many.find(({ status }) => status === 429)
  expect(Number(late?.headers.get('Retry-After'))).toBeGreaterThan(0)
})

test('[P144] a page of a listed origin may ask', async () => {
  const relay = await served({ origins: ['https://app.example'] })
  const answer = await fetch(`http://127.0.0.1:${relay.port}/v1/spaces/garden/documents/d/history/1/name`, {
    method: 'OPTIONS',
    headers: {
      'Origin': 'https://app.example',
      'Access-Control-Request-Method': 'PUT',
      'Access-Control-Request-Headers': 'authorization',
    },
  })
  expect(answer.headers.get('Access-Control-Allow-Origin')).toBe('https://app.example')
  expect(answer.headers.get('Access-Control-Allow-Methods')).toContain('PUT')
  expect(answer.headers.get('Access-Control-Allow-Headers')?.toLowerCase()).toContain('authorization')
})
