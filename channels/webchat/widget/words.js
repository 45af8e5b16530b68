// The words of the visitor's language, which come with the chat's facts (`config`).

export class Words {
  constructor({ words, locale, dir }) {
    Object.assign(this, { words, locale, dir });
    this.plurals = new Intl.PluralRules(locale);
  }

  /** The text under `key`; `{count}` also chooses the form. */
  say(key, values = {}) {
    let text = this.words[key] ?? key;
    if (typeof text !== "string") text = text[this.plurals.select(values.count)] ?? text.other;
    return text.replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);
  }

  day(date) {
    const today = new Date();
    if (date.toDateString() === today.toDateString()) return this.say("today");
    today.setDate(today.getDate() - 1);
    if (date.toDateString() === today.toDateString()) return this.say("yesterday");
    return date.toLocaleDateString(this.locale, { weekday: "short", day: "numeric", month: "long", year: "numeric" });
  }

  time(date) {
    return date.toLocaleTimeString(this.locale, { timeStyle: "short" });
  }

  full(date) {
    return date.toLocaleString(this.locale);
  }

  /** A moment to come: with its day when that is not today, and no full stop ("6:00 ч.") before the sentence's own. */
  until(date) {
    const today = date.toDateString() === new Date().toDateString();
    return date.toLocaleString(this.locale, {
      weekday: today ? undefined : "long", hour: "numeric", minute: "2-digit",
    }).replace(/\.$/, "");
  }

  size(bytes) {
    const [unit, amount] = bytes < 1048576 ? ["kilobyte", 1024] : ["megabyte", 1048576];
    return (bytes / amount).toLocaleString(this.locale, { style: "unit", unit, maximumFractionDigits: 1 });
  }
}
