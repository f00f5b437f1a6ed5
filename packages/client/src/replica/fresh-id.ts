/** Names that nobody else will ever give: 132 random bits in the grammar of ids. */
import type { Random } from '@joinery/core'

const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-'

export function freshId(random: Random): string {
  let id = ''
  for (const byte of random.bytes(22)) id += LETTERS.charAt(byte & 63)
  return id
}
