/** The engines that a relay takes. */
import type { EngineGate } from './gate.ts'
import { yjsGate } from './yjs.ts'

export const GATES: readonly EngineGate[] = [yjsGate()]
