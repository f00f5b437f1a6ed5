/** Client: a new token for the same subject (AU-07, AU-09). */
import { TOKEN_BYTES } from './limits.ts'
import { message } from './codec.ts'
import { text } from './primitives.ts'

export interface Auth {
  readonly type: 'auth'
  readonly token: string
}

export const auth = message<Auth>('auth', 8, { token: text(TOKEN_BYTES) })
