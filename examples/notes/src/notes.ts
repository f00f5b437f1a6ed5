/** The one client of this page, and the space it shows. */
import { createClient, type Client, type SpaceClient } from '@joinery/client'
import { forgetIdentity, type Identity } from './identity.ts'
import { library } from './library.ts'

export interface Notes {
  readonly identity: Identity
  readonly client: Client<(typeof library)['kinds']>
  /** The shared space, or the personal one. */
  readonly space: SpaceClient<(typeof library)['kinds']>
  /** What the relay is shown. */
  token(): string
  /** Removes everything from this browser and begins again as a guest. */
  signOut(): Promise<void>
}

/** An opened note. */
export type OpenNote = Awaited<ReturnType<Notes['space']['note']['open']>>

/** Opens the library of a person on this device; it works at once, with or without a network. */
export async function openNotes(identity: Identity): Promise<Notes> {
  const shared = identity.space
  const token = (): string => `dev:${identity.user}`
  const client = await createClient({
    library,
    user: identity.user,
    spaces: shared === undefined ? ['me'] : ['me', shared],
    url: location.origin,
    token,
  })
  return {
    identity,
    client,
    token,
    space: client.space(shared ?? 'me'),
    async signOut() {
      await client.logout()
      forgetIdentity()
      location.assign('/')
    },
  }
}
