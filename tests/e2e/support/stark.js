// The organization that its owners open themselves: what the stories about it have in common.
import { headed, signInAs } from "./browser.js";

/** From the door, by one of the ways in. */
export async function enter(page, provider, person) {
  await headed(page, "Sign in to Stark Industries");
  await page.getByRole("button", { name: `Sign in with ${provider}` }).click();
  await signInAs(page, person);
}

/** What stands about a provider. */
export function section(page, name) {
  return page.locator("section", { has: page.getByRole("heading", { name }) });
}
