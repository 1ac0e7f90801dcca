import { LOGIC } from './script-logic.ts';
import { PAGE } from './script-page.ts';
import { TABLE } from './script-table.ts';

/** In a block of its own: nothing of it is a name of the page's. */
export const SCRIPT = `'use strict';
{${LOGIC}${TABLE}${PAGE}}
`;
