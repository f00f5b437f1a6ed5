/** Client, first message, within 5 s: who speaks and for whom. A token never travels in a URL (AU-10). */
import { TOKEN_BYTES } from './limits.ts'
import { message } from './codec.ts'
import { count, id, text } from './primitives.ts'

export interface Hello {
  readonly type: 'hello'
  readonly version: number
  readonly device: string
  readonly token: string
}

export const hello = message<Hello>('hello', 1, { version: count, device: id, token: text(TOKEN_BYTES) })
