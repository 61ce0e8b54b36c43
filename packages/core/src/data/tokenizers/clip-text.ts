/**
 * The text that CLIP's tokenizer splits: what ftfy repairs that occurs in captions, HTML entities twice, white space folded,
 * lower case. Source: openai/CLIP, simple_tokenizer.py. Of ftfy we do: text in the wrong encoding, curly quotes, ligatures,
 * full-width forms, control characters, composed accents.
 */
export function cleanClipText(text: string): string {
  const unescaped = unescapeHtml(unescapeHtml(repaired(text)));
  return unescaped.trim().replaceAll(/\s+/gu, " ").trim().toLowerCase();
}

function repaired(text: string): string {
  // ftfy reads entities first where the text holds no tag of its own.
  const plain = text.includes("<") ? text : unescapeHtml(text);
  return rightlyDecoded(plain)
    .replaceAll(/[\u2018\u2019\u201a\u201b\u02bc]/g, "'")
    .replaceAll(/[\u201c\u201d\u201e\u201f]/g, '"')
    .replaceAll(/[\ufb00-\ufb06\u0132\u0133\u0149\u01f1-\u01f3\u01c4-\u01cc]/g, (ligature) =>
      ligature.normalize("NFKC"),
    )
    .replaceAll(/[\uff01-\uffef\u3000]/g, (wide) => wide.normalize("NFKC"))
    .replaceAll(/[\p{Cc}\ufeff\ufff9-\ufffc\u206a-\u206f]/gu, (control) => (/\s|\u0085/.test(control) ? control : ""))
    .normalize("NFC");
}

/** Characters of windows-1252 between 0x80 and 0x9f; the five unused bytes stand for themselves, as in web browsers. */
const WINDOWS_1252 =
  "\u20ac\x81\u201a\u0192\u201e\u2026\u2020\u2021\u02c6\u2030\u0160\u2039\u0152\x8d\u017d\x8f\x90\u2018\u2019\u201c\u201d\u2022\u2013\u2014\u02dc\u2122\u0161\u203a\u0153\x9d\u017e\u0178";

/** UTF-8 that somebody read as windows-1252 ("schÃ¶n") becomes what it was; anything else stays as it is. */
function rightlyDecoded(text: string): string {
  const bytes: number[] = [];
  for (const character of text) {
    const code = character.codePointAt(0)!;
    const high = WINDOWS_1252.indexOf(character);
    if (high >= 0) bytes.push(0x80 + high);
    else if (code < 0x100) bytes.push(code);
    else return text;
  }
  if (bytes.every((byte) => byte < 0x80)) return text;
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(Uint8Array.from(bytes));
  } catch {
    return text;
  }
}

/** The entities that captions hold, and all numeric ones. */
const ENTITIES: Readonly<Record<string, string>> = {
  amp: "&",
  lt: "<",
  gt: ">",
  quot: '"',
  apos: "'",
  nbsp: "\xa0",
  copy: "\xa9",
  reg: "\xae",
  deg: "\xb0",
  plusmn: "\xb1",
  micro: "\xb5",
  middot: "\xb7",
  frac12: "\xbd",
  times: "\xd7",
  eacute: "\xe9",
  egrave: "\xe8",
  agrave: "\xe0",
  ccedil: "\xe7",
  auml: "\xe4",
  ouml: "\xf6",
  uuml: "\xfc",
  szlig: "\xdf",
  ndash: "\u2013",
  mdash: "\u2014",
  lsquo: "\u2018",
  rsquo: "\u2019",
  ldquo: "\u201c",
  rdquo: "\u201d",
  hellip: "\u2026",
  euro: "\u20ac",
  trade: "\u2122",
};

function unescapeHtml(text: string): string {
  return text.replaceAll(/&(?:#(\d+)|#[xX]([0-9a-fA-F]+)|(\w+));/g, (whole, decimal, hex, name) => {
    if (name !== undefined) return Object.hasOwn(ENTITIES, name) ? ENTITIES[name]! : whole;
    const code = decimal !== undefined ? Number(decimal) : Number.parseInt(hex, 16);
    return code > 0 && code <= 0x10ffff ? String.fromCodePoint(code) : whole;
  });
}
