/**
 * Whether a message brings more than a relay reads at one go. Law (T4, CR-02): it is told from the first bytes, before anything is made of
 * the rest; a device sends its edits and what it holds page by page, and a frame of 65,536 would keep everybody else waiting.
 */
import { readBytes, readNumber } from '../protocol/frame.ts'
import { have } from '../protocol/have.ts'
import { push } from '../protocol/push.ts'

export const CROWD = 1_024

/**
 * Of what cannot be read it says no: that is seen by who reads it.
 *
 * @internal
 */
export function isCrowded(frame: Uint8Array): boolean {
  const [number] = frame
  if (number !== push.number && number !== have.number) return false
  const input = { bytes: frame, at: 1 }
  try {
    readBytes(input)
    return readNumber(input) > CROWD
  } catch {
    return false
  }
}
