// The driver: a process of its own that plays the clients of one server through one scenario. Forked with a task, answers with what it saw.
import { batch, type BatchJob } from './batch.ts'
import { comeBack, type ComeBackJob } from './come-back.ts'
import type { Dialect } from './dialect.ts'
import { DIALECTS, type DialectName } from './dialects.ts'
import { fanOut, type FanOutJob } from './fan-out.ts'
import { fillLibraries, type FillLibrariesJob, type LibrariesJob, writeLibraries } from './libraries.ts'
import { readBack, writeUntilKilled, type ReadJob, type WriteJob } from './loss.ts'
import { manyDocuments, type ManyDocumentsJob } from './many-documents.ts'
import { soak, type SoakJob } from './soak.ts'
import { coldLoad, fill, openDocuments, type FillJob, type LoadJob, type OpenJob } from './open-documents.ts'

const TASKS = {
  'fan-out': (dialect: Dialect, job: FanOutJob) => fanOut(dialect, job),
  'many-documents': (dialect: Dialect, job: ManyDocumentsJob) => manyDocuments(dialect, job),
  'fill': (dialect: Dialect, job: FillJob) => fill(dialect, job),
  'open': (dialect: Dialect, job: OpenJob) => openDocuments(dialect, job),
  'load': (dialect: Dialect, job: LoadJob) => coldLoad(dialect, job),
  'fill-libraries': (_dialect: Dialect, job: FillLibrariesJob) => fillLibraries(job),
  'libraries': (_dialect: Dialect, job: LibrariesJob) => writeLibraries(job),
  'write': (dialect: Dialect, job: WriteJob) => writeUntilKilled(dialect, job),
  'read': (dialect: Dialect, job: ReadJob) => readBack(dialect, job),
  'come-back': (dialect: Dialect, job: ComeBackJob) => comeBack(dialect, job),
  'soak': (dialect: Dialect, job: SoakJob) => soak(dialect, job),
  'batch': (dialect: Dialect, job: BatchJob) => batch(dialect, job),
}

export type TaskName = keyof typeof TASKS
export type Job<Name extends TaskName> = Parameters<(typeof TASKS)[Name]>[1]
export type Result<Name extends TaskName> = Awaited<ReturnType<(typeof TASKS)[Name]>>

export interface Task {
  readonly dialect: DialectName
  readonly name: TaskName
  readonly job: unknown
}

process.once('message', (task: Task) => {
  play(task).then(
    result => process.send?.({ result }, () => process.exit(0)),
    (error: unknown) => process.send?.({ error: String(error) }, () => process.exit(1)),
  )
})

async function play({ dialect, name, job }: Task): Promise<unknown> {
  const task = TASKS[name] as (dialect: Dialect, job: unknown) => Promise<unknown>
  return task(await DIALECTS[dialect](), job)
}
