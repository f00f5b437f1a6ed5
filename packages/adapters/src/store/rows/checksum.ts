/** What every store's rows of entries have in common: a checksum over all that a row holds. */
import { crc32 } from 'node:zlib'

export interface ChecksummedRow {
  readonly space_id: number
  readonly seq: number
  readonly type: number
  readonly document_id: number
  readonly prev: number
  readonly device_id: number
  readonly n: number
  readonly at: number
  readonly authors: string
  readonly bytes: Uint8Array
}

/** Covers the whole row, so that a flip in any column shows. */
export function checksumOf(row: ChecksummedRow): number {
  const { space_id, seq, type, document_id, prev, device_id, n, at, authors, bytes } = row
  return crc32(bytes, crc32(`${space_id} ${seq} ${type} ${document_id} ${prev} ${device_id} ${n} ${at} ${authors}`))
}
