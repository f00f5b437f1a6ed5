/**
 * What a browser may do with our answers. Laws:
 * - An answer that is no page may do nothing: load nothing, be framed by nobody, be taken for no other type.
 * - A page of the app runs its own scripts, workers and WebAssembly, talks to this host, and shows pictures from memory.
 * - Nothing here tells a browser that a host is only there over TLS: whether it is, who terminates TLS knows.
 */
import type { Context, MiddlewareHandler } from 'hono'
import { secureHeaders } from 'hono/secure-headers'

const EVERYWHERE = {
  referrerPolicy: 'same-origin',
  strictTransportSecurity: false,
  xFrameOptions: 'DENY',
} as const

/** For every answer; what a route says itself stays. */
export function answerHeaders(): MiddlewareHandler {
  return secureHeaders({
    ...EVERYWHERE,
    contentSecurityPolicy: { defaultSrc: ["'none'"], frameAncestors: ["'none'"] },
    overwrite: false,
  })
}

/** For pages of the app, and what belongs to them. */
export function pageHeaders(): MiddlewareHandler {
  return secureHeaders({
    ...EVERYWHERE,
    contentSecurityPolicy: {
      defaultSrc: ["'self'"],
      scriptSrc: ["'self'", "'wasm-unsafe-eval'"],
      styleSrc: ["'self'", "'unsafe-inline'"],
      imgSrc: ["'self'", 'data:', 'blob:'],
      mediaSrc: ["'self'", 'blob:'],
      fontSrc: ["'self'", 'data:'],
      connectSrc: ["'self'", linksOf],
      workerSrc: ["'self'", 'blob:'],
      manifestSrc: ["'self'"],
      objectSrc: ["'none'"],
      baseUri: ["'none'"],
      formAction: ["'self'"],
      frameAncestors: ["'none'"],
    },
  })
}

/** Some browsers do not take a WebSocket to this host for `'self'`. */
function linksOf(context: Context): string {
  const host = context.req.header('Host') ?? ''
  return /^[A-Za-z0-9.:[\]-]+$/.test(host) ? `ws://${host} wss://${host}` : ''
}
