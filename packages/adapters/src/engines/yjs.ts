/**
 * Engine: Yjs 13, encoding V1. The default: collaborative text, rich text, undo.
 * A map is a root Y.Map; text is a root Y.Text, rich text a root Y.XmlFragment, made by `rich` or by an editor on `raw`.
 */
import { JoineryError, type Engine } from '@joinery/core'
// Before yjs, so that it sees yjs load.
import { copiesOfYjs } from './yjs/copies.ts'
import * as Y from 'yjs'
import { yjsDocument } from './yjs/document.ts'
import { checkUpdate } from './yjs/update.ts'

/**
 * The Yjs engine. An author is a Yjs client id in decimal; its clocks count UTF-16 units and other items from 0.
 *
 * Documents throw BAD_INPUT (a value, offset or version that does not fit), FIELD_SHAPE (a map used as text or the reverse; rich text
 * edited as plain text), FORBIDDEN_KEY, CLOSED; `apply` throws BAD_UPDATE for bytes that `check` was not asked about, and
 * CONFLICTING_AUTHORSHIP when somebody else writes as this document's author.
 *
 * @example
 * ```ts
 * import assert from 'node:assert'
 * import { yjs } from '@joinery/adapters/engines/yjs'
 *
 * const phone = yjs.open('1')
 * const laptop = yjs.open('2')
 * phone.onUpdate(update => {
 *   assert.equal(yjs.check(update), undefined)
 *   laptop.apply(update)
 * })
 * phone.change(() => phone.text('title').insert(0, 'Shopping'))
 * assert.equal(laptop.text('title').toString(), 'Shopping')
 * assert.equal(laptop.digest(), phone.digest())
 * ```
 */
export const yjs: Engine = {
  name: 'yjs',
  can: { text: true, rich: true, undo: true, tellsGaps: true, merges: true },
  newAuthor(random) {
    // As Yjs draws them, but for 0.
    return String(Math.floor(random.number() * 2 ** 32) || 1)
  },
  open(author) {
    const client = Math.abs(Number(author))
    if (String(client) !== author || !Number.isSafeInteger(client)) throw new JoineryError('BAD_INPUT', { author })
    return yjsDocument(author)
  },
  check(update) {
    try {
      checkUpdate(update)
      return undefined
    } catch (error) {
      return { code: 'BAD_UPDATE', detail: String(error) }
    }
  },
}

/**
 * Throws BAD_INPUT when there are two copies of yjs: types of one cannot be put into documents of the other. Two are known by having
 * been loaded after this module, or by giving the one that the app uses.
 *
 * @example
 * ```ts
 * import { oneYjs } from '@joinery/adapters/engines/yjs'
 * import * as Y from 'yjs'
 *
 * oneYjs(Y)
 * ```
 */
export function oneYjs(theirs?: { readonly Doc: unknown }): void {
  const rule = 'one copy of yjs: list it once, and let the bundler dedupe it'
  if (theirs !== undefined && theirs.Doc !== Y.Doc) throw new JoineryError('BAD_INPUT', { what: 'yjs', rule })
  if (copiesOfYjs() > 1) throw new JoineryError('BAD_INPUT', { what: 'yjs', rule, copies: copiesOfYjs() })
}
