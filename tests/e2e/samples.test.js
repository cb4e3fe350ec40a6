// Every page and problem that there is, also those that no story meets: the samples of examples/pages under the eyes of
// axe-core, in every combination of light and dark, wide and narrow, and at 200 %. pages.test.js has readers of Arabic.
import assert from "node:assert/strict";
import { after, test } from "node:test";

import { openBrowser } from "./support/browser.js";
import { examine } from "./support/examiner.js";
import { within } from "./support/process.js";
import { samples } from "./support/samples.js";

/** Pages that are looked at side by side. */
const TOGETHER = 3;

/** A minute where nothing else runs, and several where much does. */
const LONGEST = 600_000;

const opening = openBrowser();
after(async () => (await opening).close());

test("every page and problem stands up to axe-core in every way of reading it", async () => {
  const left = await samples();
  assert.ok(left.length > 70, `${left.length} samples`);
  const context = await (await opening).newContext();
  const look = async () => {
    const desk = await context.newPage();
    for (let sample = left.pop(); sample; sample = left.pop()) {
      await examine(desk, { name: `sample-${sample.kind}`, html: sample.html });
    }
  };
  const looking = Promise.all(Array.from({ length: TOGETHER }, look));
  await within(looking, () => `it does not come to its end, with ${left.length} pages left`, LONGEST);
});
