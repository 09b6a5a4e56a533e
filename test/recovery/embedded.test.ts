import { describeRecovery } from './crash.ts'

describeRecovery('the embedded log and store', async () => ({ log: 'embedded', store: 'embedded' }), {
  severalProcesses: false,
})
