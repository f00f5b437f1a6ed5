/**
 * The gate of an import. Law: a document may have as many authors as any may, though no single edit brings as many: what was written in
 * years arrives here as one update.
 */
import { SCAN_LIMITS } from '@joinery/core/gate'
import type { EngineGate } from '../gate/gate.ts'
import { yjsGate } from '../gate/yjs.ts'
import { RELAY_LIMITS } from '../limits.ts'

export function importGate(): EngineGate {
  return yjsGate({ ...SCAN_LIMITS, maxClients: RELAY_LIMITS.documentAuthors })
}
