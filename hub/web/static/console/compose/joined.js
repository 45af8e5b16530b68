// @ts-check
/** What two drafts are as one: nothing of either is lost, and the earlier words come first. */

/** @typedef {{text: string, html: string, files: any[]}} Words */

/** @param {Words} first @param {Words} second */
export const joined = (first, second) => ({
  text: [first.text, second.text].filter((text) => text.trim()).join("\n\n"),
  html: designed(first, second),
  files: [...first.files, ...second.files],
});

/** Plain words within a designed draft stay what they are. @param {Words} first @param {Words} second */
function designed(first, second) {
  if (!first.html && !second.html) return "";
  return [first, second].map((one) => one.html || plain(one.text)).filter(Boolean).join("<div><br></div>");
}

/** @param {string} text */
const plain = (text) => text.trim() && `<div>${text.replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/\n/g, "<br>")}</div>`;
