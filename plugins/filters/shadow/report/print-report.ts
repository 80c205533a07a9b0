import type { ShadowView } from '../shadow-view.ts'
import type { Paint } from './paint.ts'
import { printMatrix } from './print-matrix.ts'
import { printShadow } from './print-shadow.ts'

/** Every shadow, by route; where a route has several, first all of them in one table. */
export function printReport (views: readonly ShadowView[], paint: Paint): string {
  if (views.length === 0) return 'no route has a shadow\n'
  const routes = [...Map.groupBy(views, ({ route }) => route).values()]
  return routes.flatMap(all => [...all.length > 1 ? [printMatrix(all, paint)] : [], ...all.map(view => printShadow(view, paint))]).join('\n')
}
