// What is measured, by name. The goals at each number of readers are ratios of deliveries for a second of CPU.
import { batch } from './batch.ts'
import { coldLoad } from './cold-load.ts'
import { comeBack } from './come-back.ts'
import { fanOut } from './fan-out.ts'
import { kill } from './kill.ts'
import { manyDocuments } from './many-documents.ts'
import { openDocuments } from './open-documents.ts'
import type { Scenario } from './scenario.ts'

/** "Within 1.7 times of it", as the share of its deliveries. */
const NEAR = 1 / 1.7

export const SCENARIOS: Readonly<Record<string, Scenario>> = {
  'fan-out-10': fanOut(10, { hocuspocus: 2, yWebsocketServer: 8, floor: NEAR }),
  'fan-out-100': fanOut(100, { hocuspocus: 2, yWebsocketServer: 8, floor: NEAR }),
  'fan-out-500': fanOut(500, { hocuspocus: 1, yWebsocketServer: 1, floor: NEAR }),
  'many-documents': manyDocuments,
  'open-documents': openDocuments,
  'cold-load': coldLoad,
  'kill': kill,
  'come-back': comeBack,
  'batch-single': batch(false),
  'batch-merged': batch(true),
}
