// Carets of a Yjs editor over a document's presence: two people's documents over a room that only passes on what is shown.
import { awarenessOf, type Shared } from '@joinery/adapters/editors/awareness'
import type { Plain } from '@joinery/core'
import { expect, test } from 'vitest'
import { Doc } from 'yjs'

type Others = readonly { readonly state: Plain }[]

/** A room without a relay: each person's state as the others see it, as JSON makes it. */
function room() {
  const statesByPerson = new Map<string, string>()
  const listeners = new Map<string, Set<(others: Others) => void>>()
  const sent: string[] = []
  const othersOf = (person: string): Others =>
    [...statesByPerson].filter(([name]) => name !== person).map(([, json]) => ({ state: JSON.parse(json) as Plain }))
  const show = (person: string, state: Plain): void => {
    sent.push(person)
    if (state === null) statesByPerson.delete(person)
    else statesByPerson.set(person, JSON.stringify(state))
    for (const [name, hear] of listeners) if (name !== person) for (const listener of hear) listener(othersOf(name))
  }
  const enter = (person: string, client: number): Shared => {
    const y = new Doc()
    y.clientID = client
    const hear = new Set<(others: Others) => void>()
    listeners.set(person, hear)
    return {
      y,
      presence: {
        set: state => show(person, state),
        others: () => othersOf(person),
        subscribe(listener) {
          hear.add(listener)
          return () => hear.delete(listener)
        },
      },
    }
  }
  return { enter, show, sent, listening: (person: string) => listeners.get(person)?.size }
}

test('a caret that one editor sets appears in the other, moves, and goes when the editor is destroyed', () => {
  const { enter } = room()
  const ann = awarenessOf(enter('ann', 1))
  const ben = awarenessOf(enter('ben', 2))
  ann.setLocalStateField('user', { name: 'Ann' })
  ann.setLocalStateField('cursor', { anchor: 3, head: 3 })
  expect(ben.getStates().get(1)).toEqual({ user: { name: 'Ann' }, cursor: { anchor: 3, head: 3 } })
  ann.setLocalStateField('cursor', { anchor: 9, head: 9 })
  expect(ben.getStates().get(1)).toMatchObject({ cursor: { anchor: 9 } })
  ann.destroy()
  expect(ben.getStates().has(1)).toBe(false)
  ben.destroy()
})

test('an editor that comes later shows who is there already', () => {
  const { enter } = room()
  const ann = awarenessOf(enter('ann', 1))
  ann.setLocalStateField('user', { name: 'Ann' })
  const ben = awarenessOf(enter('ben', 2))
  expect(ben.getStates().get(1)).toEqual({ user: { name: 'Ann' } })
  ann.destroy()
  ben.destroy()
})

test('who is away for a while and comes back without having moved shows again', () => {
  const { enter, show } = room()
  const ben = awarenessOf(enter('ben', 2))
  const state = { client: 1, clock: 5, json: '{"user":{"name":"Ann"}}' }
  show('ann', state)
  show('ann', null)
  expect(ben.getStates().has(1)).toBe(false)
  show('ann', state)
  expect(ben.getStates().get(1)).toEqual({ user: { name: 'Ann' } })
  ben.destroy()
})

test('what came from others is not sent on', () => {
  const { enter, sent } = room()
  const ann = awarenessOf(enter('ann', 1))
  const ben = awarenessOf(enter('ben', 2))
  const before = sent.filter(person => person === 'ben').length
  ann.setLocalStateField('user', { name: 'Ann' })
  ann.setLocalStateField('cursor', { anchor: 1, head: 1 })
  expect(sent.filter(person => person === 'ben')).toHaveLength(before)
  ann.destroy()
  ben.destroy()
})

test('nonsense from a peer is nobody, and the others still show', () => {
  const { enter, show } = room()
  const ann = awarenessOf(enter('ann', 1))
  const ben = awarenessOf(enter('ben', 2))
  const nonsense: Plain[] = [
    'hello',
    7,
    [],
    {},
    { client: 'five', clock: 1, json: '{}' },
    { client: 5, clock: 1.5, json: '{}' },
    { client: 5, clock: -1, json: '{}' },
    { client: -5, clock: 1, json: '{}' },
    { client: 5, clock: 1, json: '{' },
    { client: 5, clock: 1, json: '12' },
    { client: 5, clock: 1, json: '[]' },
    // Ben's own number, as if somebody else could move his caret.
    { client: 2, clock: 99, json: '{"user":{"name":"Eve"}}' },
  ]
  for (const [at, state] of nonsense.entries()) show(`mallory ${at}`, state)
  ann.setLocalStateField('user', { name: 'Ann' })
  expect(new Set(ben.getStates().keys())).toEqual(new Set([1, 2]))
  expect(ben.getLocalState()).toEqual({})
  ann.destroy()
  ben.destroy()
})

test('a destroyed editor listens to nothing and shows nothing', () => {
  const { enter, listening, show } = room()
  const shared = enter('ann', 1)
  const ann = awarenessOf(shared)
  ann.destroy()
  expect(listening('ann')).toBe(0)
  show('ben', { client: 2, clock: 1, json: '{"user":{}}' })
  expect(ann.getStates().has(2)).toBe(false)
})
