/** Types of events that only somebody with a page in front of them brings about. */
export const pages: ReadonlySet<string> = new Set([
  'UriEventStream',
  'LightningUriEventStream',
  'ListViewEventStream',
])
