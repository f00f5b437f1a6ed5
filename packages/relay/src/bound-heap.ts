/**
 * Keeps what V8 takes near what is alive. The young generation stays at twice 4 MB, or what it grew to before that was told: Node 24 lets it
 * grow to twice 64 where there is much memory, and touches a little more of that with every burst, for hours. V8 reads the size only before it
 * starts, but by how much to grow each time. The old generation is swept when half as much is garbage as is alive, not at four times that
 * (decisions/0012).
 */
import { getHeapSpaceStatistics, setFlagsFromString } from 'node:v8'

const HALF_MB = 4
const ENOUGH_BYTES = 2 * HALF_MB * 1_048_576
/** So many times at once, until it is enough. */
const GROWS = 2
const OLD_GROWS_PERCENT = 50

/** `afterSweeps` calls what it is given after each collection. */
export function boundHeap(afterSweeps: (look: () => void) => void): void {
  setFlagsFromString(`--heap-growing-percent=${OLD_GROWS_PERCENT}`)
  // The factor is that of threads, too: they begin with as much as they may have.
  setFlagsFromString(`--min-semi-space-size=${HALF_MB}`)
  let isEnough = false
  afterSweeps(() => {
    const young = getHeapSpaceStatistics().find(space => space.space_name === 'new_space')
    // What is idle for long is made small again, and may grow again.
    if (young === undefined || GROWS * young.space_size > ENOUGH_BYTES === isEnough) return
    isEnough = !isEnough
    setFlagsFromString(`--semi-space-growth-factor=${isEnough ? 1 : GROWS}`)
  })
}
