import type { Command } from 'commander'
import type { CommandContext } from './command-context.ts'
import { registerAppsReport } from './report-apps.ts'
import { registerGapsReport } from './report-gaps.ts'

/** `forcewatch report …` */
export function registerReport(program: Command, context: CommandContext): void {
  const report = program.command('report').description('Look back over what was recorded.')
  registerAppsReport(report, context)
  registerGapsReport(report, context)
}
