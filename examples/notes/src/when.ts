/** Times as a person says them. */
const hour = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit' })
const day = new Intl.DateTimeFormat(undefined, { day: 'numeric', month: 'short' })
const date = new Intl.DateTimeFormat(undefined, { day: 'numeric', month: 'short', year: 'numeric' })
const relative = new Intl.RelativeTimeFormat(undefined, { numeric: 'auto' })

const MINUTE = 60_000
const DAY = 86_400_000

/** A moment in ms since 1970: today the hour, then yesterday, this year the day, else the date. */
export function when(at: number, now = Date.now()): string {
  const then = new Date(at)
  if (then.toDateString() === new Date(now).toDateString()) return hour.format(then)
  if (then.toDateString() === new Date(now - DAY).toDateString()) return relative.format(-1, 'day')
  return then.getFullYear() === new Date(now).getFullYear() ? day.format(then) : date.format(then)
}

/** With the hour, also of another day. */
export function whenExactly(at: number, now = Date.now()): string {
  const isToday = new Date(at).toDateString() === new Date(now).toDateString()
  return isToday ? `today, ${hour.format(at)}` : `${when(at, now)}, ${hour.format(at)}`
}

/** How long ago a moment is, in words that stay true for a minute. */
export function ago(at: number, now = Date.now()): string {
  const minutes = Math.floor((now - at) / MINUTE)
  if (minutes < 1) return 'just now'
  return minutes < 60 ? relative.format(-minutes, 'minute') : when(at, now)
}
