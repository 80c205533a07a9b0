/** What became of one request at one shadow. */
export type Result = 'sent' | 'dropped' | 'skipped' | 'failed' | 'timeout'

/** Why, in a closed vocabulary: the label `reason`. `-` where the result says all. */
export type Reason =
  | '-'
  // skipped: the request is none for this shadow
  | 'method' | 'sample' | 'match' | 'when' | 'condition' | 'segment' | 'share' | 'stage' | 'window' | 'marked' | 'upgrade' | 'not-called' | 'body-too-large' | 'body-broken' | 'pipeline' | 'no-key'
  // dropped: it was, and there was no room for it
  | 'pressure' | 'full' | 'queue-count' | 'queue-bytes' | 'circuit-open' | 'client-gone' | 'closing'
  // failed: it was sent, or should have been
  | 'statement' | 'connect' | 'reset' | 'protocol' | 'expression' | 'internal'
