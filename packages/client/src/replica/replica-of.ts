/** The replica behind a client, for what few apps ask of one and which has an entry of its own. Law: its type does not show it to the app. */
import { JoineryError } from '@joinery/core'
import type { Replica } from './replica.ts'

/** What a client has beside what its type says. */
export interface Inside {
  readonly replica: Replica
}

/** BAD_INPUT for what is no client. */
export function replicaOf(client: object): Replica {
  const { replica } = client as Partial<Inside>
  if (replica?.news === undefined) throw new JoineryError('BAD_INPUT', { what: 'client' })
  return replica
}
