import { defineConfig } from 'tsdown'
import { packageBuild } from '../../scripts/package-build.ts'

export default defineConfig(
  packageBuild(import.meta.dirname, ['src/index.ts', 'src/base.ts', 'src/adopt.ts', 'src/history.ts'], 'neutral'),
)
