/** Times as a person says them: today the hour, this year the day, else the date. */
const hour = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit' })
const day = new Intl.DateTimeFormat(undefined, { day: 'numeric', month: 'short' })
const date = new Intl.DateTimeFormat(undefined, { day: 'numeric', month: 'short', year: 'numeric' })

/** A moment in ms since 1970, in words. */
export function when(at: number): string {
  const then = new Date(at)
  const now = new Date()
  if (then.toDateString() === now.toDateString()) return hour.format(then)
  return then.getFullYear() === now.getFullYear() ? day.format(then) : date.format(then)
}
