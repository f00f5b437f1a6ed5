/** What tests say about scans, in one word each. */
import { expect } from 'vitest'
import { SCAN_LIMITS, scanYjsUpdate, type ScanLimits, type ScanRefusal, type YjsScan } from '@joinery/core/gate'
import { counted } from './counted.ts'

export function scanned(bytes: Uint8Array, limits: ScanLimits = SCAN_LIMITS): YjsScan {
  const result = scanYjsUpdate(bytes, limits)
  if (!result.ok) throw new Error(`refused at ${result.at} of ${bytes.length}: ${result.code}, ${result.detail}`)
  return result.scan
}

/** Refused, having looked at each byte a bounded number of times and at most at `reads` of them when that is given. */
export function expectRefused(bytes: Uint8Array, code: ScanRefusal, detail?: string | RegExp, reads?: number): void {
  const watched = counted(bytes)
  const result = scanYjsUpdate(watched.bytes, SCAN_LIMITS)
  expect(result).toMatchObject({ ok: false, code })
  if (detail !== undefined && !result.ok) expect(result.detail).toMatch(detail)
  expect(watched.reads()).toBeLessThanOrEqual(reads ?? bytes.length * READS_A_BYTE + 16)
}

/** Validating text and reading it as JSON or as a root's name look at the same bytes again, and so does telling V2 apart. */
export const READS_A_BYTE = 8
