// Old versions of documents with the SDK: from a relay that folds after a few edits, so that most of what is read is past.
import { createClient } from '@joinery/client'
import { historyOf } from '@joinery/client/history'
import { counter, defineKind, defineLibrary, latest, list, note, set, string, text } from '@joinery/core/kinds'
import { memoryStorage } from '@joinery/adapters/storage/memory'
import { expect, onTestFinished, test } from 'vitest'
import { type RelayProcess, relayProcess } from '../relay-process.ts'

const page = defineKind('page', {
  version: 1,
  fields: {
    title: latest(string(), { default: '' }),
    mood: latest(string()),
    body: text(),
    tags: set(string()),
    steps: list(string()),
    likes: counter(),
  },
  row: d => ({ title: d.title, tags: d.tags }),
  indexes: {},
})
const library = defineLibrary('pages', { page, note })

async function begun(): Promise<RelayProcess> {
  const relay = await relayProcess({ more: ['--limit', 'foldEntries=4,foldQuietMs=50'] })
  onTestFinished(() => relay.remove())
  return relay
}

async function person(relay: RelayProcess, user: string) {
  const token = () => `dev:${user}`
  const client = await createClient({
    library,
    user,
    storage: memoryStorage(),
    spaces: ['team'],
    url: relay.url,
    token,
  })
  onTestFinished(() => client.close())
  return { client, team: client.space('team'), history: historyOf(client, { url: relay.url, token }) }
}

test('[A3] versions of a document are listed by who wrote them, read, named, compared and restored', async () => {
  const relay = await begun()
  const [ann, bob] = [await person(relay, 'ann'), await person(relay, 'bob')]
  const made = ann.team.page.create({
    title: 'Harbour',
    body: 'The boats are in.',
    tags: ['sea'],
    steps: ['one', 'two'],
  })
  await made.acked
  using here = await ann.team.page.open(made.id)
  for (const word of [' All', ' of', ' them'])
    await here.change(draft => draft.body.insert(draft.body.length, word)).acked

  await expect.poll(async () => (await bob.team.page.open(made.id).catch(() => undefined))?.view.body.toString()).toBe('The boats are in. All of them') // prettier-ignore
  using there = await bob.team.page.open(made.id)
  await there.change(draft => {
    draft.title = 'Empty harbour'
    draft.mood = 'low'
    draft.body.delete(14, 2)
    draft.body.insert(14, 'gone')
    draft.tags.add('sad')
    draft.steps.push('three')
    draft.likes.add(2)
  }).acked
  await there.change(draft => draft.body.insert(draft.body.length, '!')).acked
  await expect.poll(() => here.view.title).toBe('Empty harbour')

  const past = ann.history.of('page', made.id, 'team')
  const page = await past.versions()
  const { versions, next, keptMs } = page
  expect(versions.map(({ authors, edits }) => [authors, edits])).toEqual([
    [['bob'], 2],
    [['ann'], 4],
  ])
  expect([next, keptMs]).toEqual([null, 30 * 86_400_000])
  const [latestOne, first] = [versions[0]!, versions[1]!]

  using old = await past.read(first.seq)
  expect([old.row, old.view.body.toString()]).toEqual([
    { title: 'Harbour', tags: ['sea'] },
    'The boats are in. All of them',
  ])

  await past.name(first.seq, 'Before the storm')
  expect((await bob.history.of('page', made.id, 'team').versions()).versions[1]?.name).toMatchObject({
    name: 'Before the storm',
    by: 'ann',
  })

  const { fields, texts } = await past.compare(first.seq, latestOne.seq)
  expect(fields.find(({ field }) => field === 'title')).toEqual({
    field: 'title',
    before: 'Harbour',
    after: 'Empty harbour',
  })
  expect(fields.map(({ field }) => field).sort()).toEqual(['likes', 'mood', 'steps', 'tags', 'title'])
  expect(texts['body']?.map(one => [one.is, one.text, 'by' in one ? one.by.subjects : []])).toEqual([
    ['same', 'The boats are ', []],
    ['removed', 'in', ['bob']],
    ['added', 'gone', ['bob']],
    ['same', '. All of them', []],
    ['added', '!', ['bob']],
  ])
  const whole = await past.compare(0, 'now')
  expect(whole.texts['body']?.map(one => ('by' in one ? one.by.subjects : []))).toEqual([
    ['ann'],
    ['bob'],
    ['ann'],
    ['bob'],
  ])
  const changes = await past.changes(page)
  expect(changes.get(latestOne.seq)?.texts['body']).toEqual(texts['body'])
  expect(changes.get(first.seq)?.texts['body']).toMatchObject([{ is: 'added', text: 'The boats are in. All of them' }])

  // Somebody writes while it is restored: his words stay. The relay is gone from when it answered, so neither knows of the other.
  const cutOff = historyOf(ann.client, {
    url: relay.url,
    token: () => 'dev:ann',
    async fetch(address, init) {
      const answer = await fetch(address, init)
      const body = await answer.arrayBuffer()
      if (address.endsWith(`/${first.seq}`)) await relay.kill()
      return new Response(body, answer)
    },
  })
  const restored = await cutOff.of('page', made.id, 'team').restore(first.seq, { keepAs: 'Stormy' })
  await restored.saved
  expect(here.view.body.toString()).toBe('The boats are in. All of them')
  const meanwhile = there.change(draft => draft.body.insert(0, 'Look: '))
  await meanwhile.saved
  await relay.start()
  await Promise.all([restored.acked, meanwhile.acked])
  for (const handle of [here, there]) {
    await expect
      .poll(() => handle.view.body.toString(), { timeout: 20_000 })
      .toBe('Look: The boats are in. All of them')
    const { title, mood, tags, steps, likes } = handle.view
    expect([title, mood, tags, steps.map(({ value }) => value), likes]).toEqual([
      'Harbour',
      undefined,
      ['sea'],
      ['one', 'two'],
      0,
    ])
  }
  // What was there before it was restored is a version still, and undo takes it back.
  using before = await past.read(latestOne.seq)
  expect(before.view.title).toBe('Empty harbour')
  expect((await past.versions()).versions.map(({ seq, name }) => [seq, name?.name])).toEqual([
    [expect.any(Number), undefined],
    [expect.any(Number), undefined],
    [latestOne.seq, 'Stormy'],
    [first.seq, 'Before the storm'],
  ])
  here.undo()
  await expect.poll(() => there.view.title).toBe('Empty harbour')
})

test('[C1] without the relay, history says that it is not in reach, and nothing else is any different', async () => {
  const relay = await begun()
  const ann = await person(relay, 'ann')
  const made = ann.team.page.create({ title: 'Harbour' })
  await made.acked
  const past = ann.history.of('page', made.id, 'team')
  await relay.kill()
  for (const asked of [past.versions(), past.read(1), past.restore(1), past.name(1, 'x'), past.compare(0, 'now')])
    await expect(asked).rejects.toMatchObject({ code: 'UNAVAILABLE' })
  using here = await ann.team.page.open(made.id)
  await here.change(draft => (draft.title = 'Still here')).saved
  await relay.start()
  await expect.poll(async () => (await past.versions()).versions.length, { timeout: 20_000 }).toBe(1)
  await expect(past.read(99)).rejects.toMatchObject({ code: 'NOT_FOUND' })
  expect(() => historyOf(ann.client, { url: 'http://relay.example', token: () => '' })).toThrow('INSECURE_URL')
})
