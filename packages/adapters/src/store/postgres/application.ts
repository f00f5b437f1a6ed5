/** What a connection says that it is for: there others see who else uses the database, and which schema he knows (MN-12). */
import { MIGRATIONS } from './migrations.ts'

/** Of a relay. */
const NODE = `joinery/${MIGRATIONS.length}` as const
/** Of who does not serve yet, and may have to wait. */
export const OPENING = 'joinery opening'
/** Of who serves nobody. */
const COMMAND = 'joinery command'

export type Application = typeof NODE | typeof COMMAND

export function applicationOf(isCommand: boolean | undefined): Application {
  return isCommand === true ? COMMAND : NODE
}
