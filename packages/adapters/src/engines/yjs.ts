/**
 * Engine: Yjs 13, encoding V1. The default: collaborative text, rich text, undo.
 * A map is a root Y.Map; text is a root Y.Text, rich text a root Y.XmlFragment, made by `rich` or by an editor on `raw`.
 */
import { JoineryError, type Engine } from '@joinery/core'
// Before yjs, so that it sees yjs load.
import { copiesOfYjs } from './yjs/copies.ts'
import * as Y from 'yjs'
import { yjsDocument } from './yjs/document.ts'
import { structsOf } from './yjs/update.ts'

const AUTHOR = /^(0|[1-9][0-9]{0,15})$/

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
    const [a = 0, b = 0, c = 0, d = 0] = random.bytes(4)
    return String(((a << 24) | (b << 16) | (c << 8) | d) >>> 0 || 1)
  },
  open(author) {
    if (!AUTHOR.test(author) || !Number.isSafeInteger(Number(author))) throw new JoineryError('BAD_INPUT', { author })
    return yjsDocument(author)
  },
  check(update) {
    try {
      structsOf(update)
      return undefined
    } catch (error) {
      return { code: 'BAD_UPDATE', detail: String(error) }
    }
  },
  authorsOf(update) {
    const ranges: { author: string; from: number; to: number }[] = []
    for (const struct of structsOf(update)) {
      const [author, from] = [String(struct.id.client), struct.id.clock]
      const last = ranges.at(-1)
      if (struct instanceof Y.Skip) continue
      if (last?.author === author && last.to === from) last.to += struct.length
      else ranges.push({ author, from, to: from + struct.length })
    }
    return ranges
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
