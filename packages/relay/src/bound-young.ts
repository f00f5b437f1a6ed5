/**
 * Keeps the young generation at twice 16 MB. Node 24 lets it grow to twice 64 where there is much memory, and what it took it does not give
 * back: it touches a little more of it with every burst, for hours. V8 reads the size only before it starts, and by how much to grow each
 * time (decisions/0012).
 */
import { getHeapSpaceStatistics, setFlagsFromString } from 'node:v8'

const ENOUGH_BYTES = 2 * 16 * 1_048_576

/** `afterSweeps` calls what it is given after each collection, until what it gave back is called. */
export function boundYoung(afterSweeps: (look: () => void) => () => void): void {
  const stop = afterSweeps(() => {
    const young = getHeapSpaceStatistics().find(space => space.space_name === 'new_space')
    if (young === undefined || young.space_size < ENOUGH_BYTES) return
    setFlagsFromString('--semi-space-growth-factor=1')
    stop()
  })
}
