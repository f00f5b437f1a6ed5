/**
 * Which pages may open a link (WS-01, WS-02, AU-18). Laws:
 * - An origin is compared whole and exactly: no suffixes, no other case, no other port.
 * - No Origin at all is a client that is no browser: it has to bring a token like everybody.
 * - In development only this machine is spoken to, by its own names: a page elsewhere whose name was pointed here is refused (rebinding).
 */
const LOOPBACK = /^(localhost|127\.0\.0\.1|\[::1\])(:\d{1,5})?$/

export interface Origins {
  /** Whether a request addressed to this host is answered at all. */
  allowsHost(host: string | undefined): boolean
  allows(origin: string | undefined, host: string | undefined): boolean
}

export function createOrigins(options: {
  readonly allowed: readonly string[]
  readonly loopbackOnly: boolean
}): Origins {
  const allowed = new Set(options.allowed)
  const isLoopbackPage = (origin: string): boolean => {
    const [, host] = /^https?:\/\/(.*)$/.exec(origin) ?? []
    return host !== undefined && LOOPBACK.test(host)
  }
  return {
    allowsHost: host => !options.loopbackOnly || (host !== undefined && LOOPBACK.test(host)),
    allows(origin, host) {
      if (origin === undefined || allowed.has(origin)) return true
      if (options.loopbackOnly) return isLoopbackPage(origin)
      return host !== undefined && (origin === `https://${host}` || origin === `http://${host}`)
    },
  }
}
