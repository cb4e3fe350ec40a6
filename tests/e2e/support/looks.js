// What a page looks like, in words: fonts and browsers differ in their pixels, but not in what they have been told to paint.

/** Keys pressed at most until the focus has been everywhere. */
const MOST_FOCUSED = 60;

/** The looks of what a tab shows: a line for each thing that can be seen, in reading order, with its colours in light, `|`, and
 * in dark if they are others. */
export async function looks(page) {
  const [light, dark] = [await seen(page, "light"), await seen(page, "dark")];
  const lines = light.map((thing, index) => {
    const facts = Object.entries(thing).map(([name, fact]) => both(fact, dark[index]?.[name] ?? ""));
    return facts.filter(Boolean).join("  ");
  });
  if (light.length !== dark.length) lines.push(`In the dark there are ${dark.length} things, not ${light.length}.`);
  return `${lines.join("\n")}\n`;
}

/** A fact in light and in dark: word by word, where it is as long in both. */
function both(light, dark) {
  if (light === dark) return light;
  const [words, others] = [light.split(" "), dark.split(" ")];
  if (words.length !== others.length) return `${light || "none"}|${dark || "none"}`;
  return words.map((word, index) => (word === others[index] ? word : `${word || "none"}|${others[index] || "none"}`)).join(" ");
}

async function seen(page, colorScheme) {
  await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
  const focused = await walk(page);
  const things = await page.evaluate(describe);
  return things.map(({ number, ...facts }) => ({ ...facts, focus: focused.get(number) ?? "" }));
}

/** Goes through the page by keyboard: how the focus shows, by the number of what has it. */
async function walk(page) {
  const found = new Map();
  for (let presses = 0; presses < MOST_FOCUSED; presses += 1) {
    await page.keyboard.press("Tab");
    const [number, focus] = await page.evaluate(() => {
      const hex = (colour) => `#${colour.match(/\d+/g).slice(0, 3).map((part) => Number(part).toString(16).padStart(2, "0")).join("")}`;
      const { outlineStyle, outlineWidth, outlineColor } = getComputedStyle(document.activeElement);
      const shows = outlineStyle !== "none" && outlineWidth !== "0px";
      const number = [...document.body.querySelectorAll("*")].indexOf(document.activeElement);
      return [number, shows ? `focus ${outlineWidth} ${hex(outlineColor)}` : "focus does not show"];
    });
    // Once around, wherever it began; between the last and the first nothing has it.
    if (found.has(number)) break;
    if (number >= 0) found.set(number, focus);
  }
  await page.evaluate(() => document.activeElement.blur());
  return found;
}

/** In the page: every thing that can be seen, with what the browser has computed for it. */
function describe() {
  const all = [...document.body.querySelectorAll("*")];
  const style = (element) => getComputedStyle(element);
  const hex = (colour) => {
    const [red, green, blue, alpha = 1] = colour.match(/[\d.]+/g).map(Number);
    const text = [red, green, blue].map((part) => part.toString(16).padStart(2, "0")).join("");
    return alpha === 1 ? `#${text}` : `#${text}/${alpha}`;
  };
  const clear = (colour) => /, 0\)$/.test(colour);
  /** What it stands on: the nearest ground that is painted. */
  const ground = (element) => {
    for (let at = element; at; at = at.parentElement) {
      if (!clear(style(at).backgroundColor)) return hex(style(at).backgroundColor);
    }
    return "nothing";
  };
  const own = (element) => [...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim());
  const borders = (element) => ["Top", "Right", "Bottom", "Left"].map((side) => {
    const { [`border${side}Width`]: width, [`border${side}Style`]: kind, [`border${side}Color`]: colour } = style(element);
    return kind === "none" || width === "0px" || clear(colour) ? "" : `${width} ${hex(colour)}`;
  });
  const paints = (element) =>
    !clear(style(element).backgroundColor) || style(element).boxShadow !== "none" || borders(element).some(Boolean);
  const controls = "a, button, input, textarea, summary, img";
  /** Words in the midst of others are told of if they look different. */
  const stands = (element) => {
    if (element.matches(controls) || paints(element)) return true;
    if (!own(element)) return false;
    if (style(element).display !== "inline" || !own(element.parentElement)) return true;
    return ["color", "fontWeight", "fontSize", "fontFamily"].some((name) => style(element)[name] !== style(element.parentElement)[name]);
  };
  const visible = (element) => element.checkVisibility({ visibilityProperty: true }) && element.getClientRects().length > 0;
  const border = (element) => {
    const [top, right, bottom, left] = borders(element);
    if (top && [right, bottom, left].every((side) => side === top)) return `edge ${top}`;
    return [top && `above ${top}`, bottom && `below ${bottom}`, right && `right ${right}`, left && `left ${left}`].filter(Boolean).join(" ");
  };
  const words = (element) => {
    const text = element.value || element.placeholder || (own(element) || element.matches(controls) ? element.textContent : "");
    const few = text.trim().split(/\s+/).slice(0, 5).join(" ");
    return few.length > 40 ? `${few.slice(0, 40)}…` : few;
  };
  const shown = all.filter((element) => visible(element) && stands(element));
  return shown.map((element) => {
    const depth = shown.filter((other) => other !== element && other.contains(element)).length;
    const { color, fontWeight, fontSize, fontFamily, borderTopLeftRadius, borderBottomLeftRadius, textAlign, boxShadow, textDecorationLine } = style(element);
    const [upper, lower] = [borderTopLeftRadius, borderBottomLeftRadius];
    const speaks = words(element) !== "";
    const name = [element.localName, ...element.classList].join(".") + (element.type && element.matches("input") ? `[${element.type}]` : "");
    return {
      number: all.indexOf(element),
      name: "  ".repeat(depth) + name,
      words: speaks && `“${words(element)}”`,
      colour: speaks && hex(color),
      ground: `on ${ground(element)}`,
      font: speaks && `${parseFloat(fontSize).toFixed(1).replace(".0", "")}px ${fontWeight} ${fontFamily.split(",")[0].replace("system-ui", "")}`.trim(),
      line: textDecorationLine === "none" ? "" : textDecorationLine,
      edge: border(element),
      corners: upper === "0px" && lower === "0px" ? "" : `round ${upper === lower ? upper : `${upper} ${lower}`}`,
      shadow: boxShadow === "none" ? "" : "shadow",
      align: speaks && !["start", "left"].includes(textAlign) ? textAlign : "",
    };
  });
}
