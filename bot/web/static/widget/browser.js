// What a browser may lack or refuse, by its settings, by the policy of a page or on a page without TLS; and how to go on.

/** A random UUID; also on pages without TLS, where crypto.randomUUID does not exist. */
export function uuid() {
  if (crypto.randomUUID) return crypto.randomUUID();
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 15) | 64;
  bytes[8] = (bytes[8] & 63) | 128;
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}

/** What `work` returns, while no other tab does work of the same name; at once where the browser has or lends no locks. */
export async function alone(name, work) {
  let begun = false;
  try {
    return await navigator.locks.request(name, () => {
      begun = true;
      return work();
    });
  } catch (error) {
    if (begun) throw error;
    return work();
  }
}

/** Whether `text` is in the clipboard now. `field` holds it too, and stays selected where nothing may be copied. */
export async function copy(text, field) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    field.hidden = false;
    field.focus();
    field.select();
    return document.execCommand?.("copy") ?? false; // older, and not a matter of the page's permissions policy
  }
}
