/** Sync as pure machines: events in, effects out. What performs them is the client's link and the relay's session. */
export { connection } from './connection.ts'
export type { Connection, ConnectionEffect, ConnectionEvent, ConnectionState } from './connection.ts'
export { furthest, inflow, NEW_REPLICA } from './inflow.ts'
export type { Inflow, InflowEffect, InflowEvent, InflowPosition, ToldPage } from './inflow.ts'
export { outflow } from './outflow.ts'
export type { OutboxHead, Outflow, OutflowEffect, OutflowEvent } from './outflow.ts'
export { session } from './session.ts'
export type { Access, Session, SessionEffect, SessionEvent, SessionLimits, SessionState, Verified } from './session.ts'
