// Imported before anything else of ours: from now on this process is of the version that the environment names.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { changeSources, checkChanges, type Change } from '../../changed-sources.ts'

const name = process.env['VERSION_UNDER_TEST'] ?? ''
const file = join(import.meta.dirname, 'versions', `${name}.json`)
const { changes } = JSON.parse(readFileSync(file, 'utf8')) as { readonly changes: readonly Change[] }
checkChanges(name, changes)
changeSources(changes)
