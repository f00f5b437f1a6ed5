/** The engines that a relay takes. */
import { automergeGate } from './automerge.ts'
import type { EngineGate } from './gate.ts'
import { registerGate } from './register.ts'
import { yjsGate } from './yjs.ts'

export const GATES: readonly EngineGate[] = [yjsGate(), automergeGate(), registerGate()]
