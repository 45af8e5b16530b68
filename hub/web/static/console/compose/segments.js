// @ts-check
/**
 * How many SMS a text is (3GPP TS 23.038): 160 letters of the basic alphabet, or 70 of any; less when it is split.
 * Counts as `channels/sms/segments.py` does; a test compares both.
 */

const BASIC = /^[@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !"#¤%&'()*+,\-./0-9:;<=>?¡A-ZÄÖÑÜ§¿a-zäöñüà\f^{}\\[~\]|€]*$/;
const DOUBLE = /[\f^{}\\[~\]|€]/;

/** @param {string} text */
export function segments(text) {
  const basic = BASIC.test(text);
  const [one, each] = basic ? [160, 153] : [70, 67];
  const widths = Array.from(text, (letter) => (basic ? (DOUBLE.test(letter) ? 2 : 1) : letter.length));
  const units = widths.reduce((sum, width) => sum + width, 0);
  if (units <= one) return Math.min(units, 1);
  // No letter is torn between two parts: what does not fit begins the next one.
  let [parts, left] = [1, each];
  for (const width of widths) {
    if (width > left) [parts, left] = [parts + 1, each];
    left -= width;
  }
  return parts;
}
