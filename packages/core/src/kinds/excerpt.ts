/** The beginning of a text, for a row: what a list shows under a title. */

/**
 * At most `length` UTF-16 units of the text on one line, cut after whole characters.
 *
 * @example
 * ```ts
 * import assert from 'node:assert'
 * import { excerptOf } from '@joinery/core/kinds'
 *
 * assert.equal(excerptOf('Bread,\n  butter,\n  tea', 15), 'Bread, butter,')
 * ```
 */
export function excerptOf(text: string, length = 200): string {
  // Only as much of a long text is looked at as may be shown, with room for white space that goes.
  const line = text
    .slice(0, length * 2)
    .replace(/\s+/g, ' ')
    .trim()
    .slice(0, length)
  return line.replace(/[\uD800-\uDBFF]$/, '').trimEnd()
}
