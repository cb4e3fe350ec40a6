// What pages look like, without a brand and with one: what the browser has computed is held against what is written down in
// looks/, and what it has painted against an organization's colour and logo.
import assert from "node:assert/strict";
import { mkdir, readFile, readdir, writeFile } from "node:fs/promises";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";

import { openBrowser, shown } from "./support/browser.js";
import { Folder } from "./support/folder.js";
import { COLOUR, HALVES, LOGO, RATIO } from "./support/hooli.js";
import { looks } from "./support/looks.js";
import { LONGEST_STORY, within } from "./support/process.js";
import { samples } from "./support/samples.js";
import { story } from "./support/world.js";

const WRITTEN = fileURLToPath(new URL("./looks/", import.meta.url));

/** Writes them down anew, to be read as any change. */
const WRITES = process.env.DOORWARD_LOOKS === "write";

/** Of Acme, whose pages the samples are: what it has written down about itself, and the kinds of pages that show it. */
const BRANDS = {
  plain: ["", ["account", "dev-form", "door", "email-first", "logged-out", "owner-home", "problem-account-not-allowed", "wizard-true-true"]],
  colour: [`brand = { colour = "#8a1c4a" }`, ["door"]],
  pale: [`brand = { colour = "#ffd43b" }`, ["door"]],
  logo: [`brand = { logo = "acme.svg", colour = "#0b5cad", support = "mailto:help@acme.example" }`, ["door"]],
};

const opening = openBrowser();
after(async () => (await opening).close());

test("pages look as it is written down, in light and dark, without a brand and with each", async () => {
  const [folder, found] = [await Folder.make(), new Map()];
  try {
    await within(lookAt(folder, found), () => "it does not come to its end", LONGEST_STORY);
  } finally {
    await folder.remove();
  }
  if (WRITES) await write(found);
  assert.deepEqual((await readdir(WRITTEN)).sort(), [...found.keys()].sort());
  for (const [name, text] of found) assert.doesNotMatch(text, /focus does not show/, name);
  const changes = [];
  for (const [name, text] of found) changes.push(...changed(name, await readFile(WRITTEN + name, "utf8"), text));
  if (changes.length) assert.fail(`pages look different; README.md says what to do:\n${changes.join("\n")}`);
});

story("an organization's name, logo and colour are what is painted, and nothing is asked from elsewhere", async (world) => {
  for (const colorScheme of ["light", "dark"]) {
    const visitor = await world.visitor({ colorScheme });
    const page = await visitor.tab();
    // A page of ours asks for nothing but what it brings along.
    const asked = [];
    page.on("request", (request) => {
      if (!request.isNavigationRequest() && !request.url().startsWith("data:")) asked.push(request.url());
    });
    await page.goto(world.doorward.on("hooli.localhost", "/_sso/login"));
    assert.equal(await page.locator("header").innerText(), "Hooli");

    const painted = await pixel(page.locator("main .button").first(), 0.03, 0.5);
    if (colorScheme === "light") assert.equal(painted, COLOUR);
    const [red, green, blue] = painted.match(/\w\w/g);
    assert.ok(red > blue && blue > green, `${painted} in the ${colorScheme}`);

    const logo = page.locator("header img");
    const { width, height, natural } = await logo.evaluate((element) => {
      const { paddingLeft, paddingTop } = getComputedStyle(element);
      return {
        width: element.clientWidth - 2 * parseFloat(paddingLeft),
        height: element.clientHeight - 2 * parseFloat(paddingTop),
        natural: element.naturalWidth / element.naturalHeight,
      };
    });
    assert.equal(natural, RATIO);
    assert.ok(Math.abs(width / height - natural) < 0.1, `${width} x ${height}`);
    assert.deepEqual([await pixel(logo, 0.3, 0.5), await pixel(logo, 0.7, 0.5)], HALVES, "the same in light and dark");

    await page.getByRole("button", { name: "Development sign-in" }).click();
    await page.getByLabel("E-mail address").fill("gavin@hooli.example");
    assert.deepEqual(asked, []);
    assert.equal(await page.locator("header").innerText(), "Hooli");
    await page.getByRole("button", { name: "Sign in" }).click();
    assert.equal((await shown(page)).organization, "hooli");
  }
});

/** Notes the looks of each page, by the name of its file. */
async function lookAt(folder, found) {
  const page = await (await opening).newPage();
  await folder.write("acme.svg", LOGO);
  for (const [brand, [words, kinds]] of Object.entries(BRANDS)) {
    const all = await samples(await folder.write("doorward.toml", configuration(words)));
    for (const kind of kinds) {
      const { html } = all.find((sample) => sample.kind === kind) ?? assert.fail(`no sample ${kind}`);
      await page.setContent(html);
      // A reference is never the same twice.
      found.set(`${kind}.${brand}.txt`, (await looks(page)).replace(/[0-9A-Z]{4}-[0-9A-Z]{4}\b/g, "REFE-RENC"));
    }
  }
  await page.close();
}

function configuration(brand) {
  return `[server]
public_url = "http://localhost:8000"
[upstreams.app]
url = "http://127.0.0.1:1"
[providers.dev]
preset = "dev"
[organizations.acme]
name = "Acme Inc."
providers = ["dev"]
${brand}
`;
}

async function write(found) {
  await mkdir(WRITTEN, { recursive: true });
  for (const [name, text] of found) await writeFile(WRITTEN + name, text);
}

/** What is not as it was, line by line. */
function changed(name, was, is) {
  if (was === is) return [];
  const [before, now] = [was.split("\n"), is.split("\n")];
  const gone = before.filter((line) => !now.includes(line)).map((line) => `- ${line}`);
  const come = now.filter((line) => !before.includes(line)).map((line) => `+ ${line}`);
  return [name, ...gone, ...come, ...(gone.length || come.length ? [] : ["  the same lines in another order or number"])];
}

/** The colour that is painted at a place of what is shown, by its share of width and height. */
async function pixel(locator, across, down) {
  const picture = (await locator.screenshot()).toString("base64");
  const reader = await (await opening).newPage();
  try {
    return await reader.evaluate(async ([picture, across, down]) => {
      const image = new Image();
      image.src = `data:image/png;base64,${picture}`;
      await image.decode();
      const canvas = new OffscreenCanvas(image.width, image.height).getContext("2d");
      canvas.drawImage(image, 0, 0);
      const at = [Math.floor(image.width * across), Math.floor(image.height * down)];
      const [red, green, blue] = canvas.getImageData(...at, 1, 1).data;
      return `#${[red, green, blue].map((part) => part.toString(16).padStart(2, "0")).join("")}`;
    }, [picture, across, down]);
  } finally {
    await reader.close();
  }
}
