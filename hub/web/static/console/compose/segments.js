// @ts-check
/** How many SMS a text is (3GPP TS 23.038): 160 letters of the basic alphabet, or 70 of any; less when it is split. */

const BASIC = /^[@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !"#¤%&'()*+,\-./0-9:;<=>?¡A-ZÄÖÑÜ§¿a-zäöñüà^{}\\[~\]|€]*$/;
const DOUBLE = /[\^{}\\[~\]|€]/g;

/** @param {string} text */
export function segments(text) {
  if (!text) return 0;
  const basic = BASIC.test(text);
  const length = basic ? text.length + (text.match(DOUBLE)?.length ?? 0) : text.length;
  const [one, each] = basic ? [160, 153] : [70, 67];
  return length <= one ? 1 : Math.ceil(length / each);
}
