// @ts-check
/** In which order messages leave: each waits for the one before it, and behind one that did not go none goes. */

export class Line {
  /** @type {Promise<boolean>} */
  #last = Promise.resolve(true);
  #underWay = 0;

  /**
   * Whether it went. deliver: tells whether it could; stay: one before it did not go.
   * @param {() => Promise<boolean>} deliver @param {() => void} stay @returns {Promise<boolean>}
   */
  async pass(deliver, stay) {
    // Whoever comes after all is over tries anew, whatever became of the last one.
    const first = !this.#underWay;
    const before = this.#last;
    this.#underWay += 1;
    this.#last = before.then((went) => (went || first ? deliver() : (stay(), false))).finally(() => (this.#underWay -= 1));
    return this.#last;
  }
}
