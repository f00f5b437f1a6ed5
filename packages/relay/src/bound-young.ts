/**
 * Keeps the young generation at twice 16 MB. Node 24 lets it grow to twice 64 where there is much memory, and what it took it does not give
 * back: it touches a little more of it with every burst, for hours. V8 reads the size only before it starts, and by how much to grow each
 * time (decisions/0012).
 */
import { PerformanceObserver } from 'node:perf_hooks'
import { getHeapSpaceStatistics, setFlagsFromString } from 'node:v8'

const ENOUGH_BYTES = 2 * 16 * 1_048_576

export function boundYoung(): void {
  const watching = new PerformanceObserver(() => {
    const young = getHeapSpaceStatistics().find(space => space.space_name === 'new_space')
    if (young === undefined || young.space_size < ENOUGH_BYTES) return
    setFlagsFromString('--semi-space-growth-factor=1')
    watching.disconnect()
  })
  watching.observe({ entryTypes: ['gc'] })
}
