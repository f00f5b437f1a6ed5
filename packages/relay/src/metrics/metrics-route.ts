/**
 * `GET /metrics`. Laws (OP-06):
 * - With a token, only who brings it is answered: `Authorization: Bearer …`, once, and compared in constant time.
 * - No page reads it, whatever its origin.
 */
import { Hono } from 'hono'
import { createHash, timingSafeEqual } from 'node:crypto'
import { errorBody } from '../http/answers.ts'
import type { Exposition } from './exposition.ts'

const BEARER = /^Bearer (?<token>[^\s,]+)$/

export function metricsRoute(
  exposition: Exposition,
  token: string | undefined,
): Hono<{ Variables: { requestId: string } }> {
  const app = new Hono<{ Variables: { requestId: string } }>()
  const wanted = token === undefined ? undefined : digestOf(token)
  app.get('/metrics', async context => {
    const requestId = context.get('requestId')
    if (context.req.header('Origin') !== undefined) return context.json(errorBody('FORBIDDEN', requestId), 403)
    const given = BEARER.exec(context.req.header('Authorization') ?? '')?.groups?.['token']
    if (wanted !== undefined && !timingSafeEqual(wanted, digestOf(given ?? ''))) {
      context.header('WWW-Authenticate', 'Bearer')
      return context.json(errorBody('UNAUTHENTICATED', requestId), 401)
    }
    context.header('Content-Type', exposition.contentType)
    context.header('Cache-Control', 'no-store')
    return context.body(await exposition.text())
  })
  return app
}

/** All of one length. */
function digestOf(token: string): Uint8Array {
  return createHash('sha256').update(token).digest()
}
