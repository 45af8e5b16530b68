// @ts-check
/** Forms of the settings: fields by name, the server's faults beside them, one button. */

import { createContext } from "../../vendor/preact.js";
import { html } from "../../vendor/htm-preact.js";
import { useContext, useState } from "../../vendor/preact-hooks.js";
import { Problem } from "../api.js";
import { complain } from "../trouble.js";
import { t } from "../words.js";

const Given = createContext(/** @type {any} */ (null));

/** What the form holds at this moment, and the server's faults. @returns {{given: Record<string, any>, setGiven: (given: Record<string, any>) => void, faults: Record<string, string>}} */
export const useGiven = () => useContext(Given);

/** calm: the button comes with the first change. @param {{start: Record<string, any>, submit: (given: any) => Promise<unknown>, children?: any, label?: string, calm?: boolean}} props */
export function Form({ start, submit, children, label = t("form.save"), calm = false }) {
  const [given, setGiven] = useState(start);
  const [faults, setFaults] = useState(/** @type {Record<string, string>} */ ({}));
  const [problem, setProblem] = useState("");
  const [busy, setBusy] = useState(false);
  /** @param {Event} event */
  const sent = async (event) => {
    event.preventDefault();
    setBusy(true);
    setFaults({});
    setProblem("");
    try {
      await submit(given);
    } catch (error) {
      if (!(error instanceof Problem)) complain(error);
      else {
        setFaults(error.fields);
        setProblem([error.message, error.remedy].filter(Boolean).join(" "));
      }
    }
    setBusy(false);
  };
  const idle = calm && JSON.stringify(given) === JSON.stringify(start);
  return html`<${Given.Provider} value=${{ given, setGiven, faults }}>
    <form class="form" onSubmit=${sent}>
      ${children}
      ${problem ? html`<p class="fault" role="alert">${problem}</p>` : ""}
      ${idle ? "" : html`<div class="actions"><button class="main" disabled=${busy}>${label}</button></div>`}
    </form>
  <//>`;
}

/** @param {{name: string, id?: string, label: string, hint?: string, type?: string, options?: string[][], required?: boolean, long?: boolean, [more: string]: any}} props */
export function Field({ name, id = `field-${name}`, label, hint = "", type = "text", options, required = false, long = false, ...more }) {
  const { given, setGiven, faults } = useGiven();
  const fault = faults[name] ?? faults[`settings.${name}`];
  const value = given[name];
  const set = (/** @type {any} */ next) => setGiven({ ...given, [name]: next });
  const common = { id, required, "aria-invalid": fault ? "true" : undefined, "aria-describedby": hint || fault ? `${id}-hint` : undefined, ...more };
  if (type === "checkbox") {
    return html`<div class="field"><label class="check"><input type="checkbox" ...${common} checked=${value} onChange=${(/** @type {any} */ event) => set(event.target.checked)} /> ${label}</label><${Hint} id=${id} hint=${hint} fault=${fault} /></div>`;
  }
  const input = options ? html`<select ...${common} value=${value} onChange=${(/** @type {any} */ event) => set(event.target.value)}>${options.map(([code, words]) => html`<option value=${code} selected=${code === value}>${words}</option>`)}</select>`
    : long ? html`<textarea ...${common} rows="5" value=${value} onInput=${(/** @type {any} */ event) => set(event.target.value)}></textarea>`
      : html`<input ...${common} type=${type} value=${value} onInput=${(/** @type {any} */ event) => set(type === "number" ? event.target.valueAsNumber : event.target.value)} />`;
  return html`<div class="field"><label for=${id}>${label}</label>${input}<${Hint} id=${id} hint=${hint} fault=${fault} /></div>`;
}

/** Several of a list. @param {{name: string, label: string, options: string[][]}} props */
export function Several({ name, label, options }) {
  const { given, setGiven } = useGiven();
  const chosen = given[name];
  /** @param {string} code */
  const toggle = (code) => setGiven({ ...given, [name]: chosen.includes(code) ? chosen.filter((/** @type {string} */ one) => one !== code) : [...chosen, code] });
  return html`<fieldset class="field"><legend>${label}</legend><div class="several">${options.map(([code, words]) => html`<label class="check" key=${code}><input type="checkbox" checked=${chosen.includes(code)} onChange=${() => toggle(code)} /> ${words}</label>`)}</div></fieldset>`;
}

/** @param {{id: string, hint: string, fault?: string}} props */
const Hint = ({ id, hint, fault }) => (hint || fault ? html`<p id=${`${id}-hint`} class=${fault ? "fault" : "quiet"}>${fault || hint}</p>` : null);
