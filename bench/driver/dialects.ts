// Which dialect each name is. automerge-repo's is where its packages are, and loaded only for it.
import type { Dialect } from './dialect.ts'
import { hocuspocus } from './hocuspocus.ts'
import { joinery } from './joinery.ts'
import { yWebsocket } from './y-websocket.ts'

export type DialectName = 'y-websocket' | 'door' | 'joinery' | 'hocuspocus' | 'automerge-repo'

export const DIALECTS: { readonly [Name in DialectName]: () => Dialect | Promise<Dialect> } = {
  'y-websocket': () => yWebsocket(document => `/${document}`),
  'door': () => yWebsocket((document, name) => `/y/bench/${document}?token=dev:${name}`),
  'joinery': joinery,
  'hocuspocus': hocuspocus,
  'automerge-repo': async () => (await import('../peers/automerge-dialect.ts')).automergeRepo(),
}
