/**
 * A document's presence as the Awareness that Yjs editors know, for carets and names (y-prosemirror, Tiptap, y-codemirror.next). Laws:
 * - What the editor shows of this person goes out through the document's presence, and what others show comes in through it: nothing else
 *   is connected, and nothing is stored.
 * - Whoever left is gone here too; `destroy` takes this person's state along.
 */
import type { Plain } from '@joinery/core'
import { createEncoder, toUint8Array, writeVarString, writeVarUint } from 'lib0/encoding'
import { applyAwarenessUpdate, Awareness, removeAwarenessStates } from 'y-protocols/awareness'
import type { Doc } from 'yjs'

/** What is asked of an opened document. */
export interface Shared {
  readonly y: Doc
  readonly presence: {
    set(state: Plain): void
    others(): readonly { readonly state: Plain }[]
    subscribe(listener: (others: readonly { readonly state: Plain }[]) => void): () => void
  }
}

interface Shown {
  readonly client: number
  readonly clock: number
  readonly json: string
}

/** Marks what came from others, so that it is not sent back to them. */
const ELSEWHERE = 'joinery'

/**
 * The Awareness of an opened document. Destroy it with the editor.
 *
 * @example
 * ```ts
 * import assert from 'node:assert'
 * import { Doc } from 'yjs'
 * import { awarenessOf } from '@joinery/adapters/editors/awareness'
 *
 * const sent: unknown[] = []
 * const presence = { set: (state: unknown) => void sent.push(state), others: () => [], subscribe: () => () => {} }
 * const awareness = awarenessOf({ y: new Doc(), presence })
 * awareness.setLocalStateField('user', { name: 'Ann' })
 * assert.equal(sent.length, 1)
 * awareness.destroy()
 * ```
 */
export function awarenessOf({ y, presence }: Shared): Awareness {
  const awareness = new Awareness(y)
  let theirs = new Map<number, number>()

  const send = (_changes: unknown, origin: unknown): void => {
    if (origin === ELSEWHERE) return
    const state = awareness.getLocalState()
    const clock = awareness.meta.get(y.clientID)?.clock ?? 0
    presence.set(state === null ? null : { client: y.clientID, clock, json: JSON.stringify(state) })
  }

  const receive = (others: readonly { readonly state: Plain }[]): void => {
    const shown = others
      .map(({ state }) => state)
      .filter(isShown)
      .filter(({ client }) => client !== y.clientID)
    const news = shown.filter(({ client, clock }) => theirs.get(client) !== clock)
    const gone = [...theirs.keys()].filter(client => shown.every(one => one.client !== client))
    theirs = new Map(shown.map(({ client, clock }) => [client, clock]))
    if (gone.length > 0) removeAwarenessStates(awareness, gone, ELSEWHERE)
    // Who comes back may not have moved meanwhile, and then he has the clock he had.
    for (const client of gone) awareness.meta.delete(client)
    if (news.length > 0) applyAwarenessUpdate(awareness, encode(news), ELSEWHERE)
  }

  awareness.on('update', send)
  const stop = presence.subscribe(receive)
  receive(presence.others())
  awareness.on('destroy', () => {
    stop()
    presence.set(null)
  })
  return awareness
}

function encode(shown: readonly Shown[]): Uint8Array {
  const encoder = createEncoder()
  writeVarUint(encoder, shown.length)
  for (const { client, clock, json } of shown) {
    writeVarUint(encoder, client)
    writeVarUint(encoder, clock)
    writeVarString(encoder, json)
  }
  return toUint8Array(encoder)
}

/** Somebody else's nonsense is nobody's caret. */
function isShown(state: Plain): state is Plain & Shown {
  if (typeof state !== 'object' || state === null) return false
  const { client, clock, json } = state as Partial<Record<string, unknown>>
  if (!isCount(client) || !isCount(clock) || typeof json !== 'string') return false
  try {
    const parsed: unknown = JSON.parse(json)
    return typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed)
  } catch {
    return false
  }
}

/** What the encoding can hold: written as a variable-length integer without a sign. */
function isCount(value: unknown): boolean {
  return Number.isSafeInteger(value) && Number(value) >= 0
}
