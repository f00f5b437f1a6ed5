// A bomb comes to nothing on whichever path its bytes are read, not only where they are refused at first sight: there is a worker behind
// the next path, and a state vector is bytes too.
import { describe, expect, test } from 'vitest'
import * as Y from 'yjs'
import { heldUpdates, joinUpdates, judgeYjs, partsOf, SCAN_LIMITS, scanYjsUpdate } from '@joinery/core/gate'
import { BOMBS } from './bombs.ts'
import { counted } from './counted.ts'
import { uint } from './craft.ts'
import { READS_A_BYTE } from './expecting.ts'
import { held } from './held.ts'

const doc = new Y.Doc()
doc.clientID = 7
doc.getText('t').insert(0, 'what was there')
const HONEST = Y.encodeStateAsUpdate(doc)

describe.each(BOMBS)('[CR-02] %s', (_name, bomb) => {
  test('is refused by the scan, and so comes to no verdict', () => {
    const result = scanYjsUpdate(bomb, SCAN_LIMITS)
    expect(result.ok && judgeYjs(result.scan, held(), { owner: 'me' })).toBe(false)
  })

  test('is read in parts, merged and compared within its own size', () => {
    const watched = counted(bomb)
    partsOf(watched.bytes)
    expect(watched.reads()).toBeLessThanOrEqual(bomb.length * READS_A_BYTE + 16)
    const holding = heldUpdates()
    holding.add(HONEST)
    const lacking = holding.lacking(bomb)
    expect(lacking?.length ?? 0).toBeLessThan(200)
    const joined = joinUpdates([HONEST, bomb])
    expect(joined?.length ?? 0).toBeLessThan(HONEST.length + 200)
  })

  test('is no state vector that asks for less than everything, nor for more', () => {
    const holding = heldUpdates()
    holding.add(HONEST)
    const watched = counted(bomb)
    expect(holding.encode(watched.bytes)).toEqual(holding.encode())
    expect(watched.reads()).toBeLessThanOrEqual(bomb.length * 2 + 16)
  })
})

test('[CR-02] a state vector of a million authors costs no more than to look at, and of more it is not even read', () => {
  const holding = heldUpdates()
  holding.add(HONEST)
  const crowd = (count: number): Uint8Array => {
    const bytes = new Uint8Array(4 + count * 4)
    bytes.set(uint(count))
    let at = uint(count).length
    for (let author = 0; author < count; author++, at += 4) bytes.set([0x80 | (author & 0x7f), 0x81, 0x01, 1], at)
    return bytes.subarray(0, at)
  }
  const many = counted(crowd(200_000))
  expect(holding.encode(many.bytes)).toEqual(holding.encode())
  expect(many.reads()).toBeLessThanOrEqual(many.bytes.length * 2)
  const more = counted(crowd(300_000))
  expect(holding.encode(more.bytes)).toEqual(holding.encode())
  expect(more.reads()).toBeLessThan(20)
})
