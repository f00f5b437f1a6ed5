// Puts a file into a Postgres until somebody kills it. It says a letter when it begins, and every few ms.
import { restorePostgres } from '../../src/store/postgres.ts'

const [url = '', file = ''] = process.argv.slice(2)
const told = setInterval(() => process.stdout.write('.'), 5)
process.stdout.write('.')
await restorePostgres({ url, file, force: true })
clearInterval(told)
