// What people put into documents that does not fit beside its like: kilobytes that carry the hash of what they must be (I14).
import { createHash } from 'node:crypto'
import type { Random } from '@joinery/core'
import { pick } from './plan.ts'

/** From here on a relay scans elsewhere, and a store keeps it beside its entry. */
const SMALLEST = 3_000
const LARGEST = 12_000
const LARGE = /^(t\d+\.):([0-9a-f]{64}):(.*)$/s

/** Some kilobytes, under this token. */
export function largeThing(token: string, random: Random): string {
  const body = Buffer.from(random.bytes(SMALLEST + pick(random, LARGEST - SMALLEST))).toString('base64')
  return `${token}:${hashOf(body)}:${body}`
}

/** The tokens of those that are whole, and of those that are not. */
export function largeThings(steps: readonly string[]): { readonly whole: string[]; readonly torn: string[] } {
  const whole: string[] = []
  const torn: string[] = []
  for (const step of steps) {
    if (!step.includes(':')) continue
    const [, token = step.slice(0, 20), hash, body = ''] = LARGE.exec(step) ?? []
    if (hash === hashOf(body)) whole.push(token)
    else torn.push(token)
  }
  return { whole, torn }
}

function hashOf(body: string): string {
  return createHash('sha256').update(body).digest('hex')
}
