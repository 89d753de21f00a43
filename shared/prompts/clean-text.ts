/** Signs that are not seen: control, zero-width, direction, tag and private ones. */
const UNSEEN =
  /[\p{Cc}\p{Cf}\p{Co}\p{Cs}\p{Cn}\u{2028}\u{2029}\u{115F}\u{1160}\u{3164}\u{FFA0}]+/gu;

/**
 * Foreign text as it may stand in a prompt: normalised, without unseen signs, on one line, at most
 * `most` characters, and quoted as a JSON string, so that it cannot end its own place.
 */
export function quotedText(text: string, most = 200): string {
  const clean = text
    .normalize('NFKC')
    .replaceAll(UNSEEN, ' ')
    .replaceAll(/[<>`]/g, "'")
    .replaceAll(/\s+/g, ' ')
    .trim();
  const shown = [...clean];
  return JSON.stringify(shown.length > most ? `${shown.slice(0, most - 1).join('')}…` : clean);
}
