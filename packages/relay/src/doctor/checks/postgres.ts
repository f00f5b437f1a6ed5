/** The Postgres that holds everything, if one does: that this is not where it is looked at. */
import { found, type Check } from '../check.ts'

export const checkPostgres: Check = async ({ configuration: { values } }) =>
  values.store === undefined ? [] : found('POSTGRES_UNSEEN', 'The Postgres of JOINERY_STORE is not looked at here.')
