/** After so many answers of the live version to the same requests, what they differ in is known, but for what is rare. */
export const LEARNED = 50

/** So many requests are all asked twice, before only a share of them is: with fewer, a difference in one answer of ten would stay undecided for 16,000 requests, with these for 1,500. */
export const ALL_ASKED_TWICE = 200
