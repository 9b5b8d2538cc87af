/**
 * One string as the Image Factory's YAML library (Go's yaml.v3) writes it. The id of a schematic is a hash over these very bytes, so a
 * quote more or less is another image.
 */

/** Words that YAML 1.1 or 1.2 reads as a boolean or null. */
const words = /^(~|null|Null|NULL|y|Y|n|N|yes|Yes|YES|no|No|NO|on|On|ON|off|Off|OFF|true|True|TRUE|false|False|FALSE)$/;
const specialFloat = /^([-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN))$/;
/** Tried without the underscores that YAML 1.1 allows between digits. */
const number = /^[-+]?(0b[01]+|0o[0-7]+|0x[0-9a-f]+|\.[0-9]+(e[-+]?[0-9]+)?|[0-9]+(\.[0-9]*)?(e[-+]?[0-9]+)?)$/i;
const base60 = /^[-+]?[0-9][0-9_]*(:[0-5]?[0-9])+(\.[0-9_]*)?$/;
const timestamp = /^\d{4}-\d{1,2}-\d{1,2}([Tt ]+\d{1,2}:\d{1,2}:\d{1,2}(\.\d*)?(Z|[-+]\d{2}:\d{2})?)?$/;

/** Characters and openings that mean something else to a YAML reader than the beginning of a plain string. */
const indicator = /^([#,[\]{}&*!|>'"%@`]|---|\.\.\.|[-?:](\s|$))/;

/** Whether an unquoted `text` would be read as something other than a string. */
function readsAsAnotherType(text: string): boolean {
  const looksNumeric = /^[-+.0-9]/.test(text) && number.test(text.replaceAll("_", ""));
  return (
    text === "" ||
    words.test(text) ||
    specialFloat.test(text) ||
    looksNumeric ||
    base60.test(text) ||
    timestamp.test(text)
  );
}

/** `text` as a YAML scalar. Printable ASCII only: nothing else belongs on a kernel command line or in an image name. */
export function scalar(text: string): string {
  if (!/^[\x20-\x7e]*$/.test(text)) {
    throw new Error(`${JSON.stringify(text)} holds a character that is not printable ASCII; an image can't carry it.`);
  }
  if (readsAsAnotherType(text)) {
    return `"${text}"`;
  }
  const ambiguous = indicator.test(text) || /: |:$| #|^ | $/.test(text);
  return ambiguous ? `'${text.replaceAll("'", "''")}'` : text;
}
