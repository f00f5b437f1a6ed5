/** Days as reviews name them, and moods as people pick them. */
const words = new Intl.DateTimeFormat(undefined, { weekday: 'long', day: 'numeric', month: 'long', timeZone: 'UTC' })

export const MOODS = [
  { mood: 'great', sign: '😄' },
  { mood: 'good', sign: '🙂' },
  { mood: 'so-so', sign: '😐' },
  { mood: 'low', sign: '🙁' },
] as const

/** The day that it is here, as `YYYY-MM-DD`. */
export function dayOf(moment: Date): string {
  const two = (part: number): string => String(part).padStart(2, '0')
  return `${moment.getFullYear()}-${two(moment.getMonth() + 1)}-${two(moment.getDate())}`
}

/** A day as a heading. */
export function inWords(day: string, today: string): string {
  const at = Date.parse(`${day}T00:00:00Z`)
  if (Number.isNaN(at)) return day
  return day === today ? `Today, ${words.format(at)}` : words.format(at)
}

/** The sign of a mood, or nothing. */
export function moodSign(mood: string | null): string {
  return MOODS.find(one => one.mood === mood)?.sign ?? ''
}
