/** A moment as somebody names it: ISO 8601 with its zone, so that it is the same moment wherever it is read. */
import { JoineryError } from '@joinery/core'

const SHAPE = /^(\d{4})-(\d{2})-(\d{2})T\d{2}:\d{2}(?::\d{2}(?:\.\d{1,3})?)?(?:Z|[+-]\d{2}:\d{2})$/

/** In ms since 1970. Throws BAD_INPUT and a sentence for what is none. */
export function readMoment(text: string): number {
  const [, year, month, day] = SHAPE.exec(text)?.map(Number) ?? []
  const at = Date.parse(text)
  // What reads the 30th of February as the 2nd of March reads what nobody meant.
  const isDay = new Date(Date.UTC(year ?? 0, (month ?? 0) - 1, day)).getUTCDate() === day
  if (Number.isNaN(at) || !isDay) {
    const sentence = `${text} is no moment: say it as 2026-11-20T14:00:00Z or 2026-11-20T15:00:00+01:00.`
    throw new JoineryError('BAD_INPUT', { reason: 'no-moment', sentence })
  }
  return at
}
