/**
 * Engine: Automerge 3. Collaborative text, no undo. It is a megabyte of WebAssembly, so it is never part of a default bundle; bundlers need
 * to take `.wasm` imports (Vite 8 does).
 * An update is one or more change chunks. Whole documents and deflated chunks are refused: a hundred kilobytes of them may unfold into a
 * gigabyte (CR-22).
 */
import { hex, JoineryError, type Engine, type EngineRefusal } from '@joinery/core'
import { AUTOMERGE_LIMITS, isSeedAuthor, scanAutomerge, type AutomergeScanResult } from '@joinery/core/gate'
import { automergeDocument } from './automerge/document.ts'

const AUTHOR = /^(?:[0-9a-f]{2}){1,64}$/

/**
 * The Automerge engine. An author is an Automerge actor in hex; its clocks count its changes from 0. The change that makes a text is the
 * same on every device and nobody's.
 *
 * Documents throw BAD_INPUT (a value, offset or version that does not fit), FIELD_SHAPE (a map used as text or the reverse),
 * FORBIDDEN_KEY, CLOSED; `apply` throws BAD_UPDATE for bytes that do not decode, and CONFLICTING_AUTHORSHIP when an actor wrote two
 * different changes under one number.
 *
 * @example
 * ```ts
 * import assert from 'node:assert'
 * import { automerge } from '@joinery/adapters/engines/automerge'
 *
 * const [phone, laptop] = [automerge.open('01'), automerge.open('02')]
 * phone.text('title').insert(0, 'Shopping')
 * laptop.text('title').insert(0, 'Weekend ')
 * const [a, b] = [phone.encode(), laptop.encode()]
 * phone.apply(b)
 * laptop.apply(a)
 * assert.equal(laptop.digest(), phone.digest())
 * assert.equal(phone.text('title').length, 16)
 * ```
 */
export const automerge: Engine = {
  name: 'automerge',
  can: { text: true, rich: false, undo: false, tellsGaps: false, merges: true },
  newAuthor: random => hex(random.bytes(16)),
  open(author) {
    if (!AUTHOR.test(author) || isSeedAuthor(author)) throw new JoineryError('BAD_INPUT', { author })
    return automergeDocument(author)
  },
  check(update) {
    return refusalOf(update, scanAutomerge(update, AUTOMERGE_LIMITS))
  },
}

function refusalOf(update: Uint8Array, result: AutomergeScanResult): EngineRefusal | undefined {
  if (!result.ok) return { code: result.code, detail: result.detail }
  if (update.length === 0) return { code: 'BAD_UPDATE', detail: 'no bytes' }
  if (result.chunks.some(chunk => chunk.type !== 'change'))
    return { code: 'BAD_UPDATE', detail: 'other than plain changes' }
  return undefined
}
