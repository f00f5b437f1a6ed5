/** How long a token still lasts, if it says so: a JWT's `exp`. Nothing is verified here; it is only about when to ask for the next one. */

/** Milliseconds from `now` (ms since 1970), or undefined for a token that does not tell. */
export function millisecondsLeft(token: string, now: number): number | undefined {
  try {
    const claims = atob((token.split('.')[1] ?? '').replaceAll('-', '+').replaceAll('_', '/'))
    const { exp } = JSON.parse(claims) as { exp?: unknown }
    return typeof exp === 'number' ? exp * 1_000 - now : undefined
  } catch {
    return undefined
  }
}
