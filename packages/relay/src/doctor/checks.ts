/** Everything that the doctor looks at, by name, in the order in which it is told. */
import type { Check } from './check.ts'
import { checkBus } from './checks/bus.ts'
import { checkConfiguration, checkMetricsToken, checkOrigins, checkTokenKey } from './checks/configuration.ts'
import { checkFileSystem, checkFolder, checkLock, checkPermissions, checkRoom, checkWal } from './checks/folder.ts'
import { checkClock, checkNode, checkOpenFiles, checkSqlite } from './checks/machine.ts'
import { checkPostgres } from './checks/postgres.ts'
import {
  checkDoor,
  checkHealth,
  checkMetrics,
  checkReady,
  checkSync,
  checkTime,
  checkTls,
  checkWebSocket,
} from './checks/reach.ts'
import {
  checkAgreement,
  checkBacklog,
  checkDatabase,
  checkDurability,
  checkHeads,
  checkMarks,
  checkPages,
  checkQuarantined,
  checkRows,
  checkSizes,
} from './checks/store.ts'

export const CHECKS: Readonly<Record<string, Check>> = {
  'node': checkNode,
  'sqlite': checkSqlite,
  'open files': checkOpenFiles,
  'clock': checkClock,
  'folder': checkFolder,
  'permissions': checkPermissions,
  'file system': checkFileSystem,
  'room': checkRoom,
  'lock': checkLock,
  'wal': checkWal,
  'database': checkDatabase,
  'durability': checkDurability,
  'pages': checkPages,
  'rows': checkRows,
  'marks': checkMarks,
  'heads': checkHeads,
  'agreement': checkAgreement,
  'quarantined': checkQuarantined,
  'sizes': checkSizes,
  'backlog': checkBacklog,
  'postgres': checkPostgres,
  'configuration': checkConfiguration,
  'key': checkTokenKey,
  'metrics token': checkMetricsToken,
  'origins': checkOrigins,
  'bus': checkBus,
  'health': checkHealth,
  'ready': checkReady,
  'tls': checkTls,
  'websocket': checkWebSocket,
  'door': checkDoor,
  'sync': checkSync,
  'metrics': checkMetrics,
  'time': checkTime,
}
