// What is read of Automerge's chunks is what Automerge says of them, and damage is seen.
import { deflateRawSync } from 'node:zlib'
import { digest as sha256 } from 'lib0/hash/sha256'
import { expect, test } from 'vitest'
import { hex } from '@joinery/core'
import { AUTOMERGE_LIMITS, automergeSeed, scanAutomerge, SEED_AUTHOR, type AutomergeChunk } from '@joinery/core/gate'
import { counted } from './counted.ts'
import { uint } from './craft.ts'
import { randomFrom } from './random.ts'
import { RECORDED_CHANGES, RECORDED_DOCUMENTS } from './recorded-automerge.ts'

const CHANGES = RECORDED_CHANGES.map(({ bytes }) => fromHex(bytes))

test('[D2] of every change the author, number, dependencies and hash are what Automerge says', () => {
  for (const { bytes, ...truth } of RECORDED_CHANGES) {
    expect(chunksOf(fromHex(bytes))).toEqual([{ type: 'change', ...truth }])
  }
})

test('[D2] of a deflated change only its checksum is known, which is how its hash begins', () => {
  for (const { bytes, hash } of RECORDED_CHANGES) {
    expect(chunksOf(deflated(fromHex(bytes)))).toEqual([{ type: 'compressed', checksum: hash.slice(0, 8) }])
  }
})

test('[D2] a saved document names its actors and heads, and changes may follow it', () => {
  for (const { bytes, actors, heads } of RECORDED_DOCUMENTS) {
    const saved = fromHex(bytes)
    expect(chunksOf(saved)).toEqual([{ type: 'document', hash: hex(sha256(saved.subarray(8))), actors, heads }])
    expect(chunksOf(joined([saved, ...CHANGES, saved])).length).toBe(CHANGES.length + 2)
  }
  expect(chunksOf(new Uint8Array(0))).toEqual([])
})

test('[CR-13] chunks cut anywhere but between two are refused', () => {
  const whole = joined(CHANGES)
  const ends = new Set(CHANGES.map((_, i) => joined(CHANGES.slice(0, i)).length))
  for (let length = 0; length < whole.length; length++) {
    expect(scanAutomerge(whole.subarray(0, length), AUTOMERGE_LIMITS).ok, `${length}`).toBe(ends.has(length))
  }
})

test('[CR-14] what follows the last chunk and is none is refused', () => {
  const [change = new Uint8Array(0)] = CHANGES
  for (const tail of [[0], [0x85], [0x85, 0x6f, 0x4a, 0x83], Array(20).fill(0)]) {
    expect(scanAutomerge(Uint8Array.from([...change, ...tail]), AUTOMERGE_LIMITS)).toMatchObject({
      ok: false,
      code: 'BAD_UPDATE',
    })
  }
})

test('[CR-25] any bit that flips in a chunk that is not compressed is seen', () => {
  for (const { bytes } of [...RECORDED_CHANGES.slice(0, 3), ...RECORDED_DOCUMENTS]) {
    const chunk = fromHex(bytes)
    for (let bit = 0; bit < chunk.length * 8; bit++) {
      const damaged = chunk.slice()
      damaged[bit >> 3] = (damaged[bit >> 3] as number) ^ (1 << (bit & 7))
      const result = scanAutomerge(damaged, AUTOMERGE_LIMITS)
      // As another type it may be what it cannot be held to: what is compressed only a worker can read.
      if (result.ok) expect(result.chunks.map(found => found.type)).toEqual(['compressed'])
    }
  }
})

test('[CR-01] random bytes are refused, and nothing throws', () => {
  const random = randomFrom(6)
  for (let i = 0; i < 5_000; i++) {
    const noise = Array.from({ length: 1 + random.below(60) }, () => random.below(256))
    if (random.chance(0.5)) noise.unshift(0x85, 0x6f, 0x4a, 0x83)
    expect(scanAutomerge(Uint8Array.from(noise), AUTOMERGE_LIMITS)).toMatchObject({ ok: false, code: 'BAD_UPDATE' })
  }
})

const ACTOR = [2, 0xaa, 0xbb]
const AFTER = [...ACTOR, 1, 1, 0, 0, 0, 0]

test('a change is read field by field', () => {
  const chunk = chunksOf(sealed(1, [1, ...Array(32).fill(7), ...ACTOR, ...uint(300), ...uint(70_000), 0x7f, 2, 0x68, 0x69, 1, 1, 9, 1, 0x15, 3, 1, 2, 3, 99])) // prettier-ignore
  expect(chunk).toMatchObject([{ type: 'change', actor: 'aabb', seq: 300, startOp: 70_000, deps: ['07'.repeat(32)] }])
})

test.each<[string, number, readonly number[]]>([
  ['nothing in it', 1, []],
  ['more dependencies than it holds', 1, [...uint(2 ** 40)]],
  ['an actor longer than it', 1, [0, 200, 1]],
  ['a number of 0', 1, [0, ...ACTOR, 0, 1, 0, 0, 0, 0]],
  ['a first operation of 0', 1, [0, ...ACTOR, 1, 0, 0, 0, 0, 0]],
  ['a number over 2^53', 1, [0, ...ACTOR, ...uint(2 ** 55), 1, 0, 0, 0, 0]],
  ['a number longer than it need be', 1, [0, ...ACTOR, 0x81, 0, 1, 0, 0, 0, 0]],
  ['a time over 64 bits', 1, [0, ...ACTOR, 1, 1, ...Array(10).fill(0x81), 0, 0, 0]],
  ['a message that is not UTF-8', 1, [0, ...ACTOR, 1, 1, 0, 1, 0xff, 0, 0]],
  ['a message longer than it', 1, [0, ...ACTOR, 1, 1, 0, 90, 0, 0]],
  ['more actors than it holds', 1, [0, ...ACTOR, 1, 1, 0, 0, ...uint(2 ** 33)]],
  ['more columns than it holds', 1, [0, ...ACTOR, 1, 1, 0, 0, 0, ...uint(2 ** 33)]],
  ['a column longer than it', 1, [0, ...ACTOR, 1, 1, 0, 0, 0, 1, 0x15, 9, 1]],
  ['columns that add up to more', 1, [0, ...ACTOR, 1, 1, 0, 0, 0, 2, 0x15, 2, 0x34, 2, 1, 2, 3]],
  ['a deflated column', 1, [0, ...ACTOR, 1, 1, 0, 0, 0, 1, 0x1d, 1, 1]],
  ['a column of no known kind', 1, [0, ...ACTOR, 1, 1, 0, 0, 0, 1, ...uint(2 ** 32), 1, 1]],
  ['a document that goes on', 0, [0, 0, 0, 0, 7]],
  ['a document with half its heads', 0, [0, 1, ...Array(31).fill(1)]],
  ['a document without all head places', 0, [0, 2, ...Array(64).fill(1), 0, 0, 1]],
  ['a document whose columns are longer', 0, [0, 0, 1, 0x15, 9, 0, 1]],
  ['a chunk of no known type', 9, [0]],
  ['a bundle', 3, [0]],
])('a chunk with a fitting checksum is refused for %s', (_name, type, contents) => {
  expect(scanAutomerge(sealed(type, contents), AUTOMERGE_LIMITS)).toMatchObject({ ok: false, code: 'BAD_UPDATE' })
})

test('documents old and new are read: with head places, without, with deflated columns', () => {
  for (const contents of [
    [0, 0, 0, 0],
    [0, 1, ...Array(32).fill(1), 0, 0],
    [0, 1, ...Array(32).fill(1), 0, 0, 5],
    [1, 1, 9, 0, 1, 0x1d, 1, 0, 42],
  ]) {
    // prettier-ignore
    expect(chunksOf(sealed(0, contents))).toMatchObject([{ type: 'document' }])
  }
})

test('bytes, chunks, dependencies and actors are bounded', () => {
  const tight = { maxBytes: 1_000, maxChunks: 2, maxHashes: 1, maxActors: 1 }
  const code = (bytes: Uint8Array): string => {
    const result = scanAutomerge(bytes, tight)
    return result.ok ? 'ok' : result.code
  }
  const small = sealed(1, [0, ...AFTER])
  expect(code(joined([small, small]))).toBe('ok')
  expect(code(joined([small, small, small]))).toBe('TOO_LARGE')
  expect(code(new Uint8Array(1_001))).toBe('TOO_LARGE')
  expect(code(sealed(1, [1, ...Array(32).fill(1), ...AFTER]))).toBe('ok')
  expect(code(sealed(1, [2, ...Array(64).fill(1), ...AFTER]))).toBe('TOO_LARGE')
  expect(code(sealed(1, [0, ...ACTOR, 1, 1, 0, 0, 1, 1, 9, 0]))).toBe('ok')
  expect(code(sealed(1, [0, ...ACTOR, 1, 1, 0, 0, 2, 1, 9, 1, 8, 0]))).toBe('TOO_MANY_AUTHORS')
})

test('[CR-02] a chunk that declares 2^53 bytes is refused without work', () => {
  const bomb = Uint8Array.from([0x85, 0x6f, 0x4a, 0x83, 0, 0, 0, 0, 1, ...uint(2 ** 53 - 1), ...Array(5_000).fill(0)])
  const watched = counted(bomb)
  expect(scanAutomerge(watched.bytes, AUTOMERGE_LIMITS)).toMatchObject({ ok: false, code: 'BAD_UPDATE' })
  expect(watched.reads()).toBeLessThan(64)
})

test('[A3] what comes under the id of a seed is that seed or refused', () => {
  expect(chunksOf(automergeSeed('body'))).toMatchObject([{ type: 'change', seq: 1 }])
  const id = fromHex(`${SEED_AUTHOR}626f6479`)
  const forged = sealed(1, [0, id.length, ...id, 1, 1, 0, 0, 0, 0])
  expect(scanAutomerge(forged, AUTOMERGE_LIMITS)).toMatchObject({ ok: false, code: 'BAD_UPDATE', detail: /seed/ })
})

function chunksOf(bytes: Uint8Array): readonly AutomergeChunk[] {
  const result = scanAutomerge(bytes, AUTOMERGE_LIMITS)
  if (!result.ok) throw new Error(`refused at ${result.at}: ${result.detail}`)
  return result.chunks
}

/** A chunk whose checksum fits, whatever is in it. */
function sealed(type: number, contents: readonly number[]): Uint8Array {
  const body = Uint8Array.from([type, ...uint(contents.length), ...contents])
  return Uint8Array.from([0x85, 0x6f, 0x4a, 0x83, ...sha256(body).subarray(0, 4), ...body])
}

/** The same change as Automerge writes it when it compresses: another type, another length, the contents deflated, the old checksum. */
function deflated(change: Uint8Array): Uint8Array {
  const lengthOfLength = (change[9] as number) < 128 ? 1 : 2
  const contents = deflateRawSync(change.subarray(9 + lengthOfLength))
  return Uint8Array.from([...change.subarray(0, 8), 2, ...uint(contents.length), ...contents])
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  return Uint8Array.from(parts.flatMap(part => [...part]))
}

function fromHex(text: string): Uint8Array {
  return Uint8Array.from(text.match(/../g) ?? [], pair => Number.parseInt(pair, 16))
}
