// @ts-check
/** The record that the customers' page shows. */

import { signal } from "../../vendor/preact-signals.js";

export const shown = signal(/** @type {any} */ (null));
