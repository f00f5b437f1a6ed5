/**
 * Where a stock client asks: `/y/<space>/<room>?token=…`. Laws (AU-15):
 * - A space is an id. A room is anything, slashes too, and is one document, by the same name that an import gives it.
 * - Nothing of it is ever a path here. A `%` is read as in any address, where it can be.
 */
import { documentOfRoom } from '@joinery/core'

export interface Asked {
  /** As its clients call it: `me` is a personal one. */
  readonly space: string
  readonly document: string
  readonly token: string
}

const PATH = /^\/y\/(?<space>[^/]+)\/(?<room>.+)$/

/** Undefined when it is not the door's. The first `token` counts. */
export function readAddress(url: string): Asked | undefined {
  const [path = '', query = ''] = url.split('?', 2)
  const { space, room } = PATH.exec(path)?.groups ?? {}
  if (space === undefined || room === undefined) return undefined
  return { space, document: documentOfRoom(readRoom(room)), token: new URLSearchParams(query).get('token') ?? '' }
}

/** A room as its clients call it, of how it stands in an address. */
export function readRoom(room: string): string {
  try {
    return decodeURIComponent(room)
  } catch {
    return room
  }
}
