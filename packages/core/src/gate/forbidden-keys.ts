/**
 * The names that no map, object, format or root may have (CR-17): each makes a plain JavaScript object lie about itself.
 */
const FORBIDDEN = ['__proto__', 'constructor', 'prototype'].map(name =>
  Uint8Array.from(name, char => char.charCodeAt(0)),
)

/** The longest of them; nothing longer need be compared. */
export const FORBIDDEN_MAX = 11

/**
 * Whether the ASCII or UTF-8 in `bytes[from, to)` is one of them.
 *
 * @internal
 */
export function isForbiddenKey(bytes: Uint8Array, from: number, to: number): boolean {
  const length = to - from
  if (length !== 9 && length !== 11) return false
  return FORBIDDEN.some(name => name.length === length && name.every((byte, i) => bytes[from + i] === byte))
}
