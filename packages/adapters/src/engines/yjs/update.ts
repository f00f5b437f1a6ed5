/**
 * What is in an update, before anything is done with it. Law (D2): whatever Yjs would throw on, or never come back from, is thrown on here:
 * its own way in reads and changes by turns. So is what would take an author's clocks away from him (CR-10). A relay looks closer, and lets
 * nothing else through (`@joinery/core/gate`; decisions/0006).
 */
import * as Y from 'yjs'

/** No author gets there, and a number beyond would swallow what he writes later. The gate's, too. */
const CLOCK_MAX = 2 ** 40

type Struct = ReturnType<typeof Y.decodeUpdate>['structs'][number]

/** Throws for what is no update, or does not end where the bytes end. */
export function checkUpdate(update: Uint8Array): void {
  let bytes: { readonly pos: number } | undefined
  class Decoder extends Y.UpdateDecoderV1 {
    constructor(...[source]: ConstructorParameters<typeof Y.UpdateDecoderV1>) {
      super((bytes = source))
    }
  }
  const { structs, ds } = Y.decodeUpdateV2(update, Decoder)
  const deletes = [...ds.clients.values()].flat()
  const isSound =
    bytes?.pos === update.length && structs.every(isPlaced) && deletes.every(({ clock, len }) => isSpan(clock, len))
  if (!isSound) throw new Error('no update')
}

/** Holds something, and needs nothing of its author that comes later. */
function isPlaced(struct: Struct): boolean {
  const { id, length, origin, rightOrigin, parent } = struct as Y.Item
  const isLater = (need: unknown): boolean =>
    need instanceof Y.ID && need.client === id.client && need.clock >= id.clock
  return isSpan(id.clock, length) && ![origin, rightOrigin, parent].some(isLater)
}

function isSpan(clock: number, length: number): boolean {
  return length > 0 && clock + length <= CLOCK_MAX
}
