/** The one file that loads pg, for the adapters that speak to Postgres. */
export { Client, Pool, type PoolClient } from 'pg'
