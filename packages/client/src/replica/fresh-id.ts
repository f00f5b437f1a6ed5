/** Names that nobody else will ever give: 128 random bits in the grammar of ids. */
import type { Random } from '@joinery/core'

export function freshId(random: Random): string {
  const base64 = btoa(String.fromCharCode(...random.bytes(16)))
  return base64.slice(0, 22).replaceAll('+', '-').replaceAll('/', '_')
}
