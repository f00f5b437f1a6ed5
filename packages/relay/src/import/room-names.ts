/**
 * How a room is called that another server knew by some name. Law: as a stock client says it to us, whose name is what our address decodes
 * to; y-websocket's server keeps the address as it came.
 */
import { readRoom } from '../door/address.ts'

export interface RoomNaming {
  /** What stands before the room in the old server's names, since it was reached below a path: `collab/`. */
  readonly prefix: string
  readonly isFromAddress: boolean
}

/** Undefined for a name without the prefix: it is of something else. */
export function roomNames({ prefix, isFromAddress }: RoomNaming): (name: string) => string | undefined {
  return name => {
    if (!name.startsWith(prefix)) return undefined
    const room = name.slice(prefix.length)
    return isFromAddress ? readRoom(room) : room
  }
}
