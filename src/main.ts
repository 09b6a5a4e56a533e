#!/usr/bin/env node
const neededNode = 24

if (Number.parseInt(process.versions.node, 10) < neededNode) {
  process.stderr.write(
    `forcewatch: this is Node ${process.versions.node}, and Forcewatch needs Node ${neededNode} or later\n` +
      '  Install it from https://nodejs.org, or start Forcewatch through npm, which brings its own: in a checkout\n' +
      '  `npm run -s forcewatch -- …`, from the package `npx forcewatch …` (its dependency `node` has an install script).\n',
  )
  process.exitCode = 78
} else {
  // Imported only now: the rest of the program does not even load on an older Node.
  const { runProgram } = await import('./cli/program.ts')
  process.exitCode = await runProgram(process.argv.slice(2))
}
