/** Contract suites of the ports, and the kit that tests are written with. */
export type { Law } from './law.ts'
export { must, rejects, same } from './must.ts'
export { storageLaws, type MakeStoragePlace, type StoragePlace } from './storage-laws.ts'
export { seededRandom } from './seeded-random.ts'
export { clockLaws, type ClockSubject } from './clock-laws.ts'
export { randomLaws } from './random-laws.ts'
export { busLaws, type BusSubject } from './bus-laws.ts'
export { tabsLaws, type TabsSubject } from './tabs-laws.ts'
export { transportLaws, type TransportPeer, type TransportSubject } from './transport-laws.ts'
export { virtualClock, type Settle, type SkewedClock, type VirtualClock } from './virtual-clock.ts'
export {
  virtualNetwork,
  type Direction,
  type Side,
  type VirtualLink,
  type VirtualNetwork,
  type VirtualNetworkOptions,
  type VirtualSocket,
} from './virtual-network.ts'
export { diskBroke } from './disk-broke.ts'
export { memoryStore, storeDisk, type StoreDisk, type StoreDiskOptions, type StoreStep } from './memory-store.ts'
export {
  sharedDatabase,
  type SharedDatabase,
  type SharedDatabaseOptions,
  type SharedNode,
  type SharedNodeOptions,
  type Way,
} from './shared-database.ts'
export { virtualBus, type VirtualBus, type VirtualBusOptions } from './virtual-bus.ts'
export { storeLaws, type MakeStorePlace, type StorePlace } from './store-laws.ts'
export {
  storeUpkeepLaws,
  type KeptStore,
  type MakeStoreUpkeepPlace,
  type StoreUpkeepPlace,
} from './store-upkeep-laws.ts'
export { policyLaws } from './policy-laws.ts'
export { engineLaws, type EngineBench, type MakeEngine, type TestedEngine } from './engine-laws.ts'
