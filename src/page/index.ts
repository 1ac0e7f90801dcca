export type { Page, PageSection } from './document.ts';
export { type Html, html, trusted } from './html.ts';
export { historyPage } from './timeline.ts';
export { type PagePlace, writePage } from './write.ts';
