/** Fields under one key of a store. */
export const MAX_FIELDS = 1000

/** Why a store refuses, wherever it is. */
export const TOO_MANY_FIELDS = `a key has ${MAX_FIELDS} fields at most`
export const NO_NUMBER = 'a field holds no finite number'
